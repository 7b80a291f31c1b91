import type { JsonObject } from '@restitute/core'
import type { CopyOutcome, EventType, LedgerEvent, OrderedCopy } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { historyOf } from '../src/events.ts'
import { outcomeOf, statusOf } from '../src/outcome.ts'

const orderSha256 = 'ab'.repeat(32)
const order = { sha256: orderSha256, operation: 'R1' }
const source: OrderedCopy = {
  name: 'records',
  kind: 'source',
  instance: 'PRIM',
  fingerprint: '3f2a-9c1b-77de',
}
const backup: OrderedCopy = { name: 'records', kind: 'backup', instance: 'PRIM' }
const medium: OrderedCopy = { name: 'medium/WX-1', kind: 'medium', instance: 'STAGING' }
const rotating: OrderedCopy = { ...backup, deferredUntil: '2026-03-01T00:00:00Z' }

type Step = readonly [type: EventType, body: JsonObject, by?: 'executor' | 'verifier']

function eventsOf(steps: readonly Step[]): LedgerEvent[] {
  return steps.map(([type, body, by = 'verifier'], i) => ({
    sequence: i + 1,
    at: '2026-02-01T00:00:00Z',
    operation: 'R1',
    type,
    body: { copy: 'records', ...body },
    person: by,
    previous: '',
  }))
}

const seen: Step = ['copy-seen', { state: 'present', fingerprint: '3f2a-9c1b-77de', identity: 'uid 2' }]
const started: Step = ['destruction-started', { orderSha256 }, 'executor']
const done: Step = ['destruction-finished', { orderSha256, result: 'done' }, 'executor']
const failed: Step = ['destruction-finished', { orderSha256, result: 'failed' }, 'executor']
const probed = (state: string): Step => ['copy-probed', { state }]
const declared: Step = ['declaration', {}]
const handedOver: Step = ['delivered', { copy: '', channel: 'medium', medium: 'WX-1', packages: [] }]
const declaredMedium: Step = ['declaration', { copy: 'medium/WX-1' }]
const keptMedium: Step = ['custody', { copy: 'medium/WX-1' }]
const kept: Step = ['destruction-finished', { orderSha256, result: 'kept' }, 'executor']
const left = (...reasons: readonly string[]): Step => [
  'copy-probed',
  { state: 'present', kept: reasons.map((reason) => ({ reason, count: 2 })) },
]

const table: readonly [CopyOutcome, string, OrderedCopy, readonly Step[]][] = [
  [
    'destroyed-observed-absent',
    'seen, destroyed, not found',
    source,
    [seen, started, done, probed('absent')],
  ],
  ['destroyed-not-checked', 'destroyed and not looked at since', source, [seen, started, done]],
  ['destroyed-not-checked', 'not found, but never seen', source, [started, done, probed('absent')]],
  [
    'destroyed-not-checked',
    'not looked at with success',
    source,
    [seen, started, done, probed('could-not-check')],
  ],
  ['not-destroyed', 'destroyed, yet still found', source, [seen, started, done, probed('present')]],
  [
    'legally-retained',
    'what is left may not go',
    source,
    [seen, started, kept, left('shared', 'legally-retained')],
  ],
  ['shared-kept', 'what is left belongs to others, too', source, [seen, started, kept, left('shared')]],
  ['not-destroyed', 'more is left than may stay', source, [seen, started, kept, left()]],
  ['observed-absent', 'what was kept has gone since', source, [seen, started, kept, probed('absent')]],
  ['not-destroyed', 'nothing was begun', source, [seen]],
  ['not-destroyed', 'begun, and cut short', source, [seen, started]],
  ['not-destroyed', 'failed', source, [seen, started, failed]],
  ['not-destroyed', 'a probe from before a new attempt', source, [seen, started, probed('absent'), started]],
  ['observed-absent', 'cut short, and not found since', source, [seen, started, probed('absent')]],
  [
    'destroyed-observed-absent',
    'failed, then done',
    source,
    [seen, started, failed, started, done, probed('absent')],
  ],
  [
    'could-not-check',
    'cut short, and not looked at with success',
    source,
    [seen, started, probed('could-not-check')],
  ],
  ['deferred', 'left to rotation', rotating, []],
  ['declared', 'declared before rotation', rotating, [declared]],
  ['declared', 'declared since it was handed over', medium, [handedOver, declaredMedium]],
  ['could-not-check', 'handed over again since', medium, [handedOver, declaredMedium, handedOver]],
  ['client-custody', 'kept by the client', medium, [handedOver, keptMedium]],
  ['could-not-check', 'handed over again since it was kept', medium, [handedOver, keptMedium, handedOver]],
  ['declared', 'kept, then ended', medium, [handedOver, keptMedium, declaredMedium]],
  ['could-not-check', 'a backup that the client calls its own', backup, [['custody', {}]]],
  [
    'declared',
    'another medium was handed over since',
    { ...medium, name: 'records' },
    [declared, handedOver],
  ],
  ['declared', 'declared since it was seen', source, [seen, declared]],
  ['not-destroyed', 'seen since it was declared gone', source, [declared, seen]],
  ['could-not-check', 'nobody says anything', backup, []],
]

describe('outcomeOf', () => {
  for (const [outcome, what, copy, steps] of table) {
    it(`${what}: ${outcome}`, () => {
      expect(outcomeOf(copy, historyOf(eventsOf(steps), order, copy))).toBe(outcome)
    })
  }

  it('counts no sighting of another system, by the executor, or after the fact', () => {
    const other: Step = ['copy-seen', { state: 'present', fingerprint: '0000-0000-0000', identity: 'uid 2' }]
    const own: Step = [seen[0], seen[1], 'executor']
    for (const steps of [
      [other, started, done],
      [own, started, done],
      [started, seen, done],
    ]) {
      const history = historyOf(eventsOf([...steps, probed('absent')]), order, source)
      expect(outcomeOf(source, history)).toBe('destroyed-not-checked')
    }
  })

  it('counts no destruction under another order', () => {
    const foreign: Step = [
      'destruction-finished',
      { orderSha256: 'cd'.repeat(32), result: 'done' },
      'executor',
    ]
    expect(outcomeOf(source, historyOf(eventsOf([seen, started, foreign]), order, source))).toBe(
      'not-destroyed',
    )
  })
})

describe('statusOf', () => {
  it('is final only when every copy is gone, and that was observed or declared', () => {
    const gone = ['destroyed-observed-absent', 'declared', 'observed-absent', 'client-custody'] as const
    expect(statusOf(gone, [])).toBe('final')
    expect(statusOf(gone, ['nightly'])).toBe('partial')
    for (const open of ['deferred', 'destroyed-not-checked', 'not-destroyed', 'could-not-check'] as const) {
      expect(statusOf(['destroyed-observed-absent', open], [])).toBe('partial')
    }
  })
})
