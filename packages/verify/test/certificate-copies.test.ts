import type { JsonObject } from '@restitute/core'
import { type CertifiedCopy, type OrderedCopy, readDocument, sha256Hex } from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Case, type Draft, newPeople, type People, playCase, signedLine } from './support/case.ts'
import { foundWhen, judged } from './support/judged.ts'

/* What a certificate says of each copy, against the order and the events that concern that copy. */

let people: People
let sound: Case
let copies: readonly CertifiedCopy[]
let ordered: readonly OrderedCopy[]
beforeAll(async () => {
  people = await newPeople()
  sound = await playCase(people)
  copies = readDocument('certificate', sound.certificate.bytes).copies
  ordered = readDocument('order', sound.order.bytes).copies
})

const zeros = '0'.repeat(64)
const later = '2024-11-23T12:00:00Z'
const differs = ['outcome-differs records']
const withCopy = (index: number, change: Partial<CertifiedCopy>): CertifiedCopy[] =>
  copies.map((one, i) => (i === index ? { ...one, ...change } : one))
const withOrdered = (change: Partial<OrderedCopy>): OrderedCopy[] =>
  ordered.map((one, i) => (i === 0 ? { ...one, ...change } : one))
/** When an event happened that comes after these of the sound case, and so many more. */
const minute = (more: number): string =>
  `2024-11-22T12:${String(sound.lines.length + more).padStart(2, '0')}:00Z`
/** The same events, one kind of them with another body. */
const amended =
  (type: Draft['type'], body: JsonObject) =>
  (all: Draft[]): Draft[] =>
    all.map((d) => (d.type === type ? { ...d, body: { ...d.body, ...body } } : d))
/** More events after the first ones, before the order was written, or after all. */
const more =
  (at: number | 'end', ...drafts: readonly Draft[]) =>
  (all: Draft[]): Draft[] =>
    all.toSpliced(at === 'end' ? all.length : at, 0, ...drafts)
const amendedType = (all: Draft[], from: Draft['type'], to: Draft['type']): Draft[] =>
  all.map((d) => (d.type === from ? { ...d, type: to } : d))
const claim = (copy: number, change: Partial<CertifiedCopy>) => ({
  certificate: { copies: withCopy(copy, change) },
})
const probe = (copy: string, state: string, operation = 'R1'): Draft => ({
  ...{ type: 'copy-probed', by: 'verifier', operation },
  body: { copy, state, identity: 'uid 1001', looked: [], limits: [] },
})
const seen = (copy: string, change: JsonObject = {}): Draft => ({
  ...{ type: 'copy-seen', by: 'verifier' },
  body: { copy, state: 'present', fingerprint: ordered[0]?.fingerprint ?? '', identity: 'x', ...change },
})
const declaration = (body: JsonObject = {}): Draft => ({
  ...{ type: 'declaration', by: 'executor' },
  body: { copy: 'tapes', word: 'host', wordOf: people.executor.fingerprint, ...body },
})

describe('the copies of a certificate', () => {
  it.each<[string, Partial<CertifiedCopy>]>([
    ['kind', { kind: 'snapshot' }],
    ['name', { name: 'disks' }],
    ['instance', { instance: 'SECONDARY' }],
    ['fingerprint', { fingerprint: 'ffff-ffff-ffff' }],
  ])('are those of the order by their %s', async (_what, change) => {
    const found = await foundWhen(people, claim(1, change))
    expect(found.map((one) => one.split(' ')[0])).toEqual(['copies-differ', 'copies-differ'])
  })

  it('are each named once', async () => {
    const twice = { certificate: { copies: [...copies, copies[1]!] } }
    expect(await foundWhen(people, twice)).toEqual(['copies-differ backup tapes PRIM'])
  })

  it.each(['destroyed-observed-absent', 'observed-absent', 'declared'] as const)(
    'may all be at their end as %s',
    async (outcome) => {
      const all = copies.map((one) => ({ ...one, outcome }))
      const played = await playCase(people, { certificate: { copies: all, status: 'final' } })
      expect((await judged(people, played, {})).found).toEqual([])
    },
  )

  it.each([
    'destroyed-not-checked',
    'not-destroyed',
    'could-not-check',
    'deferred',
    'shared-kept',
    'legally-retained',
  ] as const)('are not all at their end while one is %s', async (outcome) => {
    const played = await playCase(people, {
      certificate: { copies: withCopy(1, { outcome }), status: 'final' },
    })
    expect((await judged(people, played, {})).found).toContain('status-differs status')
  })
})

describe('what is said of a copy', () => {
  it.each<[string, Partial<CertifiedCopy>]>([
    ['when it began', { startedAt: later }],
    ['a stamp', { stampedAt: later }],
    ['when it ended', { finishedAt: later }],
    ['who holds it', { heldBy: 'Somebody' }],
    ['that locks were lifted', { bypassGovernance: true }],
    ['a declaration', { declaration: { at: later, word: 'host', wordOf: 'a'.repeat(40) } }],
    ['the category', { method: { category: 'purge', technique: 'unlink', limits: ['blocks stay'] } }],
    ['the technique', { method: { category: 'none', technique: 'shred', limits: ['blocks stay'] } }],
    ['the limits', { method: { category: 'none', technique: 'unlink', limits: [] } }],
  ])('is %s by the ledger and the order', async (_what, change) => {
    expect(await foundWhen(people, claim(0, change))).toEqual(differs)
  })

  it.each<[string, Partial<NonNullable<CertifiedCopy['probe']>>]>([
    ['time', { at: later }],
    ['state', { state: 'could-not-check' }],
    ['identity', { identity: 'root' }],
    ['places', { looked: ['/elsewhere'] }],
    ['limits', { limits: [] }],
  ])('is what the probe saw, with its %s', async (_what, change) => {
    expect(await foundWhen(people, claim(0, { probe: { ...copies[0]!.probe!, ...change } }))).toEqual(differs)
  })

  it('is left out of nothing that order and ledger say', async () => {
    expect(await foundWhen(people, { order: { copies: withOrdered({ heldBy: 'Somebody' }) } })).toEqual(
      differs,
    )
    expect(await foundWhen(people, { events: amended('destruction-started', { stampedAt: later }) })).toEqual(
      differs,
    )
  })

  it('is by whose word it is gone, by the newest declaration', async () => {
    const [first, second] = [declaration({ holder: 'Old' }), declaration({ holder: 'New', endedAt: later })]
    const said = async (holder: string): Promise<readonly string[]> => {
      const last = minute(1)
      const told = {
        at: last,
        word: 'host' as const,
        wordOf: people.executor.fingerprint,
        holder,
        endedAt: later,
      }
      return foundWhen(people, {
        events: more('end', first, second),
        ...claim(1, { outcome: 'declared', declaration: told }),
      })
    }
    expect(await said('New')).toEqual([])
    expect(await said('Old')).toEqual(['outcome-differs tapes'])
  })
})

describe('what was destroyed', () => {
  it.each<[string, JsonObject]>([
    ['another system', { fingerprint: 'ffff-ffff-ffff' }],
    ['a system whose fingerprint nobody read', { fingerprint: '' }],
  ])('is not %s than the order names', async (_what, body) => {
    expect(await foundWhen(people, { events: amended('destruction-started', body) })).toEqual(differs)
  })

  it('was so by nobody who authorised it, whoever began', async () => {
    const events = (all: Draft[]): Draft[] =>
      all.map((d) => (d.type === 'destruction-finished' ? { ...d, by: 'first' } : d))
    expect(await foundWhen(people, { events })).toEqual([`persons-not-distinct ${people.first.fingerprint}`])
  })
})

describe('the history of a copy', () => {
  it('is of no other copy', async () => {
    const events = more('end', seen('tapes'), probe('tapes', 'could-not-check'))
    expect(await foundWhen(people, { events })).toEqual(['outcome-differs tapes'])
    const others = more('end', probe('older', 'present'), declaration({ copy: 'older' }))
    expect(await foundWhen(people, { events: others })).toEqual([])
  })

  it('is of no other operation, and ends where the certificate pins the ledger', async () => {
    expect(await foundWhen(people, { events: more('end', probe('records', 'present', 'R2')) })).toEqual([])
    const next = {
      ...{ sequence: sound.lines.length + 1, at: later, operation: 'R1' },
      ...{ type: 'copy-probed' as const, body: probe('records', 'present').body },
      ...{ person: people.verifier.fingerprint, previous: sha256Hex(sound.lines.at(-1) ?? '') },
    }
    const grown = { ...sound, lines: [...sound.lines, await signedLine(next, people.verifier)] }
    expect((await judged(people, grown)).found).toEqual([])
  })

  it('is of no other order, whoever carried that out', async () => {
    const body = { orderSha256: zeros, copy: 'records', category: 'none', technique: 'x', limits: [] }
    const started: Draft = { type: 'destruction-started', body, by: 'verifier' }
    const failed: Draft = {
      type: 'destruction-finished',
      body: { ...body, result: 'failed' },
      by: 'verifier',
    }
    expect(await foundWhen(people, { events: more(3, started, failed) })).toEqual([])
  })

  it('is of the newest attempt: what ended or was looked at before counts no more', async () => {
    const again = (all: Draft[]): Draft[] => [...all, all.find(({ type }) => type === 'destruction-started')!]
    const at = minute(0)
    const { finishedAt: _f, steps: _s, probe: _p, ...open } = copies[0]!
    const claimed = (outcome: CertifiedCopy['outcome']) => ({
      events: again,
      certificate: { copies: [{ ...open, outcome, startedAt: at }, copies[1]!] },
    })
    expect(await foundWhen(people, claimed('not-destroyed'))).toEqual([])
    expect(await foundWhen(people, claimed('destroyed-observed-absent'))).toEqual(differs)
  })

  it('is of the newest probe', async () => {
    const events = more('end', probe('records', 'present'))
    expect(await foundWhen(people, { events })).toContain('outcome-differs records')
    const at = minute(0)
    const saw = { at, state: 'present', identity: 'uid 1001', looked: [], limits: [] } as const
    expect(
      await foundWhen(people, { events, ...claim(0, { outcome: 'not-destroyed', probe: saw }) }),
    ).toEqual([])
  })

  it.each<[string, (all: Draft[]) => Draft[]]>([
    ['as present', amended('copy-seen', { state: 'absent' })],
    ['by its fingerprint', amended('copy-seen', { fingerprint: 'ffff-ffff-ffff' })],
    [
      'before anybody began',
      (all) => [
        ...amendedType(all, 'copy-seen', 'incident'),
        ...all.filter(({ type }) => type === 'copy-seen'),
      ],
    ],
    [
      'by who only looked',
      (all) => all.map((d) => (d.type === 'copy-seen' ? { ...d, by: 'executor' as const } : d)),
    ],
    ['not merely probed so', (all) => amendedType(all, 'copy-seen', 'copy-probed')],
  ])('is observed as absent only of what was seen %s', async (_what, events) => {
    expect(await foundWhen(people, { events })).toContain('outcome-differs records')
    expect(await foundWhen(people, { events, ...claim(0, { outcome: 'destroyed-not-checked' }) })).toEqual([])
  })

  it('is no end by itself: what was destroyed and seen absent is said to be', async () => {
    expect(await foundWhen(people, claim(0, { outcome: 'destroyed-not-checked' }))).toEqual(differs)
    const failed = amended('destruction-finished', { result: 'failed' })
    expect(await foundWhen(people, { events: failed, ...claim(0, { outcome: 'observed-absent' }) })).toEqual(
      [],
    )
    expect(await foundWhen(people, { events: failed, ...claim(0, { outcome: 'not-destroyed' }) })).toEqual(
      differs,
    )
  })

  it('is open without one, and called so', async () => {
    const none = (all: Draft[]): Draft[] => all.filter(({ type }) => !type.startsWith('destruction-'))
    const { method: _m, startedAt: _a, finishedAt: _f, steps: _s, probe: _p, ...open } = copies[0]!
    const unseen = (all: Draft[]): Draft[] => none(all).filter(({ type }) => type !== 'copy-probed')
    const of = (outcome: CertifiedCopy['outcome'], index = 0) =>
      foundWhen(people, {
        events: unseen,
        certificate: {
          copies: [
            { ...open, outcome: index === 0 ? outcome : 'not-destroyed' },
            { ...copies[1]!, ...(index === 1 && { outcome }) },
          ],
        },
      })
    const nobody = 'persons-differ executor'
    for (const outcome of ['not-destroyed', 'could-not-check', 'shared-kept', 'legally-retained'] as const)
      expect(await of(outcome), outcome).toEqual([nobody])
    for (const outcome of ['observed-absent', 'deferred', 'declared', 'destroyed-not-checked'] as const)
      expect(await of(outcome), outcome).toEqual(['outcome-differs records', nobody])
    expect(await of('not-destroyed', 1)).toContain('outcome-differs tapes')
  })

  it('is of a declaration only until the copy itself was seen there again', async () => {
    const fingerprint = 'aaaa-bbbb-cccc'
    const order = { copies: [ordered[0]!, { ...ordered[1]!, fingerprint }] }
    const told = { word: 'host' as const, wordOf: people.executor.fingerprint }
    const claimed = { ...copies[1]!, fingerprint, outcome: 'declared' } as const
    const around = (before: readonly Draft[], ...after: readonly Draft[]): Promise<string[]> =>
      foundWhen(people, {
        order,
        certificate: {
          copies: [copies[0]!, { ...claimed, declaration: { ...told, at: minute(before.length) } }],
        },
        events: more('end', ...before, declaration(), ...after),
      })
    const after = (...drafts: readonly Draft[]): Promise<string[]> => around([], ...drafts)
    const gone = ['outcome-differs tapes']
    expect(await after()).toEqual([])
    expect(await around([seen('tapes', { fingerprint })])).toEqual([])
    expect(await around([seen('tapes', { fingerprint })], seen('tapes', { fingerprint }))).toEqual(gone)
    expect(await after(seen('tapes', { fingerprint }))).toEqual(gone)
    expect(
      await after(seen('tapes', { fingerprint }), seen('tapes', { state: 'absent', fingerprint })),
    ).toEqual(gone)
    expect(await after(seen('tapes', { fingerprint, state: 'absent' }))).toEqual([])
    expect(await after(seen('tapes', { fingerprint: 'ffff-ffff-ffff' }))).toEqual([])
    expect(await after(seen('disks', { fingerprint }))).toEqual([])
  })
})
