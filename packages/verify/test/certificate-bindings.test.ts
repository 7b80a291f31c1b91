import {
  type Certificate,
  documentBytes,
  type Manifest,
  type Order,
  type Receipt,
  readDocument,
  sha256Hex,
} from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ManifestBytes } from '../src/index.ts'
import { type Case, type Draft, manifest, newPeople, type People, playCase } from './support/case.ts'
import { factsOf, foundWhen, judged, signers } from './support/judged.ts'

/* Documents that are in order by themselves, one of which does not belong to the others. */

let people: People
let sound: Case
let receipt: Receipt
let order: Order
let claims: Certificate
beforeAll(async () => {
  people = await newPeople()
  sound = await playCase(people)
  receipt = readDocument('receipt', sound.receipt.bytes)
  order = readDocument('order', sound.order.bytes)
  claims = readDocument('certificate', sound.certificate.bytes)
})

const zeros = '0'.repeat(64)
const key = (who: keyof People): string => people[who].fingerprint
describe('a certificate beside a document of another case', () => {
  it('is not of a receipt that order and certificate do not name', async () => {
    const other = await playCase(people, { receipt: { signer: { name: 'Dominique' } } })
    const facts = {
      ...factsOf(people, sound),
      receipt: { ...other.receipt, trust: signers(people, 'client') },
    }
    expect((await judged(people, sound, facts)).found).toEqual(['receipt-differs receipt'])
  })

  it.each([
    ['another name', { package: 'R1-0009' }],
    ['another digest', { manifestSha256: zeros }],
  ])('is not of a delivery that the order calls by %s', async (_what, change) => {
    const packages = order.packages.map((one) => ({ ...one, ...change }))
    expect(await foundWhen(people, { order: { packages } })).toEqual(['delivery-differs order'])
  })

  it('is of one delivery in whatever order its packages are named', async () => {
    const second = { package: 'R1-0002', manifestSha256: zeros }
    const packages = [...order.packages, second]
    const received = [{ ...second, salts: {} }, ...receipt.packages]
    const delivered: Draft = { type: 'delivered', body: { packages: [second] }, by: 'executor' }
    const played = await playCase(people, {
      ...{ order: { packages }, receipt: { packages: received }, certificate: { packages } },
      events: (all) => all.toSpliced(3, 0, delivered),
    })
    const { found: all, notChecked } = await judged(people, played)
    expect(all).toEqual([])
    expect(notChecked).toContain('package R1-0002 was not given: its digest and salts are not checked')
    expect(notChecked.join()).not.toContain('package R1-0001')
  })

  it.each([
    ['order', 'another contract', { reference: 'OTHER' }, 'R1'],
    ['order', 'another operation', {}, 'R2'],
    ['receipt', 'another contract', { reference: 'OTHER' }, 'R1'],
    ['receipt', 'another operation', {}, 'R2'],
  ] as const)('is not of an %s of %s', async (document, _what, change, operation) => {
    const changed = { contract: { ...order.contract, ...change }, operation }
    expect(await foundWhen(people, { [document]: changed })).toEqual([`contract-differs ${document}`])
  })

  it.each<[string, Partial<Manifest>, string]>([
    ['contract', { contract: { ...manifest.contract, reference: 'OTHER' } }, 'R1-0001'],
    ['operation', { operation: 'R2', package: 'R2-0001' }, 'R2-0001'],
  ])('is not of a package of another %s', async (_what, change, name) => {
    const other: ManifestBytes = { name, bytes: documentBytes('manifest', { ...manifest, ...change }) }
    const { found: all } = await judged(people, sound, {
      ...factsOf(people, sound),
      manifests: [...sound.manifests, other],
    })
    expect(all).toEqual([`delivery-differs ${name}`, `contract-differs ${name}`])
  })

  it('is not of a package that pins another ledger', async () => {
    const bytes = documentBytes('manifest', { ...manifest, ledger: { sequence: 1, sha256: zeros } })
    const { found: all } = await judged(people, sound, {
      ...factsOf(people, sound),
      manifests: [{ name: 'R1-0001', bytes }],
    })
    expect(all).toEqual(['delivery-differs R1-0001', 'checkpoint-differs R1-0001'])
  })

  it('does not rest on an acceptance with reservations', async () => {
    expect(await foundWhen(people, { receipt: { decision: 'reservations' } })).toEqual([
      'consent-missing receipt',
    ])
  })

  it('is not of a contract that only its order names', async () => {
    const contract = { ...order.contract, sha256: zeros }
    expect(await foundWhen(people, { order: { contract } })).toEqual(['event-missing contract-pinned'])
  })
})

describe('the persons of a certificate', () => {
  it('are apart by what it says itself, without order and ledger', async () => {
    const of = async (change: Partial<Certificate>): Promise<string[]> =>
      (await judged(people, await playCase(people, { certificate: change }), {})).found
    expect(await of({ authorisers: [key('first'), key('executor')] })).toEqual([
      `persons-not-distinct ${key('executor')}`,
    ])
    expect(await of({ executor: key('verifier') })).toEqual([`persons-not-distinct ${key('verifier')}`])
    expect(await of({ verifier: key('first') })).toEqual(['persons-differ verifier'])
  })

  it.each(['verifier', 'first'] as const)('did not destroy as %s', async (who) => {
    const again = (all: Draft[]): Draft[] =>
      all.flatMap((d) => (d.type === 'destruction-started' ? [{ ...d, by: who }, d] : [d]))
    expect(await foundWhen(people, { events: again })).toContain(`persons-not-distinct ${key(who)}`)
  })

  it('may be more who destroyed than the one it names', async () => {
    const another = (d: Draft): Draft => ({ ...d, body: { ...d.body, copy: 'older' }, by: 'client' })
    const withAnother = (all: Draft[]): Draft[] =>
      all.flatMap((d) => (d.type === 'destruction-started' ? [d, another(d)] : [d]))
    expect(await foundWhen(people, { events: withAnother })).toEqual([])
  })

  it('did not destroy as executor, where another one did', async () => {
    const byAnother = (all: Draft[]): Draft[] =>
      all.map((d) => (d.type === 'destruction-started' ? { ...d, by: 'client' } : d))
    expect(await foundWhen(people, { events: byAnother })).toEqual(['persons-differ executor'])
  })
})

describe('what is not checked of a certificate', () => {
  it('is what became of copies, unless order and ledger are given', async () => {
    const word = 'what became of each copy rests on the word of who signed the certificate'
    const facts = factsOf(people, sound)
    expect((await judged(people, sound, facts)).notChecked).not.toContain(word)
    expect((await judged(people, sound, { order: facts.order })).notChecked).toContain(word)
    const { ledger } = factsOf(people, sound)
    expect((await judged(people, sound, { ledger })).notChecked).toContain(word)
  })

  it('is why a copy is kept', async () => {
    const copies = claims.copies.map((one, i) =>
      i === 1 ? { ...one, outcome: 'legally-retained' as const } : one,
    )
    const { found: all, notChecked } = await judged(
      people,
      await playCase(people, { certificate: { copies } }),
    )
    expect(all).toEqual([])
    expect(notChecked).toContain('why copy tapes is kept rests on the word of the host')
  })

  it('is a receipt by hand, whatever lies beside the certificate', async () => {
    const played = await playCase(people, { certificate: { receiptForm: 'handwritten' } })
    const { found: all, notChecked } = await judged(people, played)
    expect(all).toEqual(['receipt-differs receiptForm'])
    expect(notChecked.join('\n')).toContain("the client's receipt: it is signed by hand")
  })

  it('is nothing that a document is of another contract than it is checked by', async () => {
    const facts = factsOf(people, sound)
    const trust = { ...facts.order.trust, contracts: ['OTHER'] }
    const { found: all } = await judged(people, sound, { ...facts, order: { ...facts.order, trust } })
    expect(all).toEqual(['contract-differs order-R1.json'])
  })

  it('is no signature by hand where there is another one', async () => {
    const byHand = { scanSha256: sha256Hex('scan'), recordedBy: key('executor'), recordedAt: order.createdAt }
    const facts = factsOf(people, sound)
    const own = { ...facts.receipt, byHand }
    expect((await judged(people, sound, { ...facts, receipt: own })).found).toEqual([])
    const stranger = { ...own, trust: signers(people, 'stranger') }
    expect((await judged(people, sound, { ...factsOf(people, sound), receipt: stranger })).found).toEqual([
      `signer-unknown receipt-R1.json.${key('client')}.asc`,
    ])
    const bare = { ...own, signatures: [] }
    expect((await judged(people, sound, { ...factsOf(people, sound), receipt: bare })).found).toEqual([
      'signed-by-hand receipt-R1.json',
    ])
  })
})
