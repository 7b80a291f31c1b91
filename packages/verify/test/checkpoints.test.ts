import { documentBytes, type Manifest } from '@restitute/manifest'
import { beforeAll, expect, it } from 'vitest'
import { type CheckedDocument, checkCheckpoints, type Report, verifyLedgerLines } from '../src/index.ts'
import { type Case, knownKeys, manifest, newPeople, type People, playCase } from './support/case.ts'
import { streamed } from './support/package.ts'

/* A ledger that was cut or written anew contradicts what documents pin of it. */

let people: People
let played: Case
beforeAll(async () => {
  people = await newPeople()
  played = await playCase(people)
})

const zeros = '0'.repeat(64)
const pinning = (ledger: Manifest['ledger']): CheckedDocument => ({
  name: 'manifest.json',
  bytes: documentBytes('manifest', { ...manifest, ...(ledger && { ledger }) }),
})

async function judged(lines: readonly Uint8Array[], documents: readonly CheckedDocument[]): Promise<Report> {
  const reading = await verifyLedgerLines({ lines: streamed(lines), keys: knownKeys(people) })
  return checkCheckpoints(reading, documents)
}

it('is the one that each document pins, up to the latest of these lines', async () => {
  const { order, certificate, lines } = played
  const report = await judged(lines, [order, certificate])
  expect(report).toMatchObject({ verdict: 'valid', findings: [] })
  expect(report.checked.at(-1)).toBe('the checkpoints in order-R1.json, certificate-R1.json')
  expect(report.notChecked[0]).toContain(`events after line ${lines.length - 1},`)
})

it.each(['order', 'certificate'] as const)(
  'is not one that was cut before the pin of the %s',
  async (kind) => {
    const report = await judged(played.lines.slice(0, 2), [played[kind]])
    expect(report.findings).toMatchObject([{ code: 'checkpoint-differs', got: 'no such line' }])
    expect(report.verdict).toBe('invalid')
  },
)

it('is not another one than a manifest pins', async () => {
  const report = await judged(played.lines, [pinning({ sequence: 2, sha256: zeros })])
  expect(report.findings).toMatchObject([{ code: 'checkpoint-differs', subject: 'manifest.json' }])
})

it('is pinned by no other document, and by none that cannot be read', async () => {
  const documents = [played.receipt, pinning(undefined), { name: 'x', bytes: Buffer.from('{}') }]
  const report = await judged(played.lines, documents)
  expect(report.findings).toEqual([])
  expect(report.checked).toHaveLength(1)
  expect(report.notChecked[0]).toContain('events after the last line')
})
