import type { JsonObject } from '@restitute/core'
import { type Certificate, readDocument, sha256Hex } from '@restitute/manifest'
import { beforeAll, expect, it } from 'vitest'
import { type Case, type Draft, newPeople, type People, playCase, signedLine } from './support/case.ts'
import { foundWhen, judged } from './support/judged.ts'

/* Events that a certificate rests on, of which only those count that speak of its own documents. */

let people: People
let sound: Case
let certificate: Certificate
beforeAll(async () => {
  people = await newPeople()
  sound = await playCase(people)
  certificate = readDocument('certificate', sound.certificate.bytes)
})

const other = '9'.repeat(64)
const event = (type: Draft['type'], body: JsonObject): Draft => ({ type, body, by: 'executor' })
const added =
  (at: number, ...drafts: readonly Draft[]) =>
  (all: Draft[]): Draft[] =>
    all.toSpliced(at, 0, ...drafts)
/** Every event of a type, with another body. The order pins the first three, and then contradicts them, too. */
const amended =
  (type: Draft['type'], body: JsonObject) =>
  (all: Draft[]): Draft[] =>
    all.map((d) => (d.type === type ? { ...d, body: { ...d.body, ...body } } : d))

it.each<[string, Draft['type'], JsonObject, number]>([
  ['another delivery', 'delivered', { packages: [{ package: 'R1-0001', manifestSha256: other }] }, 1],
  ['another receipt', 'acknowledged', { receiptSha256: other }, 1],
  ['another order', 'order-written', { orderSha256: other }, 1],
  ['signatures of another order', 'order-signed', { orderSha256: other }, 2],
])('does not rest on %s', async (_what, type, body, times) => {
  const found = await foundWhen(people, { events: amended(type, body) })
  expect(found.filter((one) => one !== 'checkpoint-differs order')).toEqual(
    Array.from({ length: times }, () => `event-missing ${type}`),
  )
})

it('does not rest on one authoriser who signed twice', async () => {
  const signer = people.first.fingerprint
  expect(await foundWhen(people, { events: amended('order-signed', { signer }) })).toEqual([
    'event-missing order-signed',
  ])
})

it('takes the form of its own receipt, not of one before', async () => {
  const before = event('acknowledged', { receiptSha256: other, form: 'handwritten' })
  const found = await foundWhen(people, { events: added(2, before) })
  expect(found).toEqual(['checkpoint-differs order'])
})

it('is of a contract that was amended, and of none that some other event has the digest of', async () => {
  const contract = { ...certificate.contract, sha256: other }
  const of = (type: Draft['type']): Promise<string[]> =>
    foundWhen(people, { certificate: { contract }, events: added(3, event(type, { sha256: other })) })
  expect(await of('contract-amended')).toEqual([])
  expect(await of('incident')).toEqual(['event-missing contract-pinned'])
})

it('counts the end of its own order, to the second', async () => {
  const expiresAt = certificate.copies[0]?.startedAt ?? ''
  const body = { orderSha256: other, copy: 'older', category: 'none', technique: 'x', limits: [] }
  const late = event('destruction-started', body)
  expect(await foundWhen(people, { order: { expiresAt }, events: (all) => [...all, late] })).toEqual([])
})

it('is not recorded by the issue of another certificate', async () => {
  const [last] = sound.lines.slice(-2)
  const next = {
    ...{ sequence: sound.lines.length, at: '2024-11-23T12:00:00Z', operation: 'R1' },
    ...{ type: 'certified' as const, body: { certificateSha256: other, status: 'partial' } },
    ...{ person: people.verifier.fingerprint, previous: sha256Hex(last ?? '') },
  }
  const lines = [...sound.lines.slice(0, -1), await signedLine(next, people.verifier)]
  expect((await judged(people, { ...sound, lines })).found).toEqual(['unrecorded certificate'])
})
