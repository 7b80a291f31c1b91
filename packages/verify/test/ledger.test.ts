import { canonicalJson, type LedgerLine, sha256Hex } from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitOf, type LedgerReading, verifyLedgerLines } from '../src/index.ts'
import { chained, type Draft, knownKeys, newPeople, type People, signedLine } from './support/case.ts'
import { streamed } from './support/package.ts'

let people: People
let lines: readonly Uint8Array[]
const drafts: Draft[] = [
  { type: 'requested', body: { kind: 'restitution' }, by: 'executor' },
  { type: 'incident', body: { sha256: '0'.repeat(64) }, by: 'first' },
  { type: 'release', body: { of: 2 }, by: 'second' },
]

beforeAll(async () => {
  people = await newPeople()
  lines = await chained(drafts, people)
})

const read = (all: readonly Uint8Array[]): Promise<LedgerReading> =>
  verifyLedgerLines({ lines: streamed(all), keys: knownKeys(people) })
const text = (line: Uint8Array | undefined): string => Buffer.from(line ?? []).toString()
const parsed = (line: Uint8Array | undefined): LedgerLine => JSON.parse(text(line)) as LedgerLine
const replaced = (i: number, line: Uint8Array | string): Uint8Array[] =>
  lines.toSpliced(i, 1, Buffer.from(line))

async function expectCodes(all: readonly Uint8Array[], ...expected: string[]): Promise<void> {
  const { report } = await read(all)
  expect([...new Set(report.findings.map(({ code }) => code))]).toEqual(expected)
  expect(exitOf(report)).toBe(3)
}

describe('a ledger', () => {
  it('is valid when nobody touched it', async () => {
    const { report, events, head } = await read(lines)
    expect(report).toMatchObject({ kind: 'ledger', verdict: 'valid', findings: [] })
    expect(report.signers).toHaveLength(3)
    expect(events.map(({ type }) => type)).toEqual(['requested', 'incident', 'release'])
    const next = await chained([...drafts, ...drafts.slice(0, 1)], people)
    expect(head).toEqual({ sequence: 3, sha256: parsed(next[3]).event.previous })
  })

  it('is invalid without events', async () => {
    await expectCodes([], 'ledger-empty')
    expect((await read([])).head).toBeUndefined()
  })

  it('betrays a line taken out, put in twice, or put elsewhere', async () => {
    await expectCodes(lines.toSpliced(1, 1), 'ledger-sequence', 'ledger-chain-broken')
    await expectCodes(lines.toSpliced(1, 0, lines[1]!), 'ledger-sequence', 'ledger-chain-broken')
    await expectCodes(lines.slice(1), 'ledger-sequence', 'ledger-chain-broken')
    await expectCodes(
      [lines[0]!, lines[2]!, lines[1]!],
      'ledger-sequence',
      'ledger-chain-broken',
      'ledger-time-backwards',
    )
  })

  it('tells of a gap once, not at every line that follows', async () => {
    const more = await chained([...drafts, ...drafts], people)
    const { report } = await read(more.toSpliced(1, 1))
    const codes = report.findings.map(({ code, subject }) => `${code} ${subject}`)
    expect(codes).toEqual(['ledger-sequence line 2', 'ledger-chain-broken line 2'])
  })

  it('goes on after a line that is no event, which has a number and a digest all the same', async () => {
    const { event } = parsed(lines[2])
    const next = await signedLine({ ...event, previous: sha256Hex('no JSON') }, people.second)
    await expectCodes([lines[0]!, Buffer.from('no JSON'), next], 'ledger-line-invalid')
  })

  it('betrays an altered body', async () => {
    const { event, signature } = parsed(lines[1])
    const forged = canonicalJson({ event: { ...event, body: { sha256: '1'.repeat(64) } }, signature })
    await expectCodes(replaced(1, forged), 'signature-bad', 'ledger-chain-broken')
  })

  it('betrays an event signed by somebody else than it names, or by nobody we know', async () => {
    const { event } = parsed(lines[2])
    await expectCodes(replaced(2, await signedLine(event, people.stranger)), 'signer-unknown')
    await expectCodes(replaced(2, await signedLine(event, people.first)), 'signer-unknown')
    const stranger = { ...event, person: people.stranger.fingerprint }
    await expectCodes(replaced(2, await signedLine(stranger, people.stranger)), 'signer-unknown')
  })

  it('betrays a time that runs backwards', async () => {
    const { event } = parsed(lines[2])
    await expectCodes(
      replaced(2, await signedLine({ ...event, at: '2024-11-01T00:00:00Z' }, people.second)),
      'ledger-time-backwards',
    )
  })

  it('takes only canonical lines of the known form', async () => {
    await expectCodes(replaced(2, `${text(lines[2])} `), 'not-canonical')
    await expectCodes(replaced(2, '{"event":{}}'), 'ledger-line-invalid')
    await expectCodes(replaced(2, 'no JSON'), 'ledger-line-invalid')
  })

  it('does not judge events of a type that a newer version knows, but their chain and signature', async () => {
    const toCome = async (by: 'second' | 'first'): Promise<Uint8Array[]> => {
      const event = { ...parsed(lines[2]).event, type: 'yet-to-come' as 'release' }
      return replaced(2, await signedLine(event, people[by]))
    }
    const { report, head } = await read(await toCome('second'))
    expect([report.verdict, exitOf(report), report.findings.map(({ code }) => code)]).toEqual([
      'could-not-check',
      4,
      ['newer-version'],
    ])
    expect(head?.sequence).toBe(3)
    await expectCodes(await toCome('first'), 'newer-version', 'signer-unknown')
  })

  it('bounds what it reads', async () => {
    await expectCodes(replaced(2, 'x'.repeat(2 * 1024 * 1024)), 'hostile-content')
    await expectCodes(replaced(2, '['.repeat(100_000)), 'hostile-content')
  })
})
