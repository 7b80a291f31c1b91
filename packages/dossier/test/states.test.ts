import { isoTime } from '@restitute/core'
import { deadlineRules } from '@restitute/manifest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadedContract } from '../src/contract/loaded.ts'
import {
  certificationOf,
  dueActions,
  floorsOf,
  isHeldBySilence,
  openDossier,
  operationsOf,
  type Stage,
  stateOf,
} from '../src/index.ts'
import { contractText, day, eventsOf, newDossier, removeFolders, type Step, sha256 } from './support.ts'

afterAll(removeFolders)

let terms: LoadedContract
beforeAll(async () => {
  terms = (await openDossier(await newDossier())).terms
})

const ref = (n: number): { package: string; manifestSha256: string } => ({
  package: `R1-000${n}`,
  manifestSha256: sha256(String(n)),
})
const exported = (at: number, n: number): Step => [
  day(at),
  'exported',
  { ...ref(n), sequence: n, incomplete: false },
]
const delivered = (at: number, ...n: number[]): Step => [
  day(at),
  'delivered',
  { packages: n.map(ref), place: 'x', channel: 'directory' },
]
const answered = (at: number, decision: string, signedAt = at): Step => [
  day(at),
  'acknowledged',
  { receiptSha256: sha256(`r${at}`), decision, consent: true, signers: [], signedAt: isoTime(day(signedAt)) },
]
const orderSigned = (at: number, signer: string): Step => [
  day(at),
  'order-signed',
  { orderSha256: sha256('o'), signer },
]

const life: readonly (readonly [Step, Stage])[] = [
  [[day(0), 'requested', { kind: 'restitution' }], 'requested'],
  [[day(1), 'scoped', { scopeSha256: sha256('s'), signers: [] }], 'scoped'],
  [[day(1), 'export-started', { package: 'R1-0001' }], 'exporting'],
  [exported(1, 1), 'exported'],
  [delivered(2, 1), 'delivered'],
  [answered(3, 'accepted'), 'acknowledged'],
  [[day(4), 'notice', { sha256: sha256('n'), signers: [] }], 'notified'],
  [[day(30), 'order-written', { orderSha256: sha256('o'), expiresAt: isoTime(day(40)) }], 'notified'],
  [orderSigned(30, 'a'), 'notified'],
  [orderSigned(30, 'a'), 'notified'],
  [orderSigned(31, 'b'), 'authorised'],
  [[day(32), 'destruction-started', { copy: 'records' }], 'destroying'],
  [[day(33), 'certified', { certificateSha256: sha256('c'), status: 'partial' }], 'certified-partial'],
  [[day(70), 'certified', { certificateSha256: sha256('d'), status: 'final' }], 'certified'],
]

/** The midnight in Paris after a day: in winter an hour before that of UTC. */
const midnightAfter = (n: number): string => `${isoTime(day(n)).slice(0, 10)}T23:00:00Z`

describe('stateOf', () => {
  it('goes through the stages of a life', () => {
    life.forEach(([, stage], i) => {
      const events = eventsOf(life.slice(0, i + 1).map(([step]) => step))
      expect(stateOf(events, 'R1').stage, `after ${events.at(-1)?.type}`).toBe(stage)
    })
    expect(stateOf([], 'R1').stage).toBeUndefined()
  })

  it('knows operations apart, and what concerns all', () => {
    const events = eventsOf([
      [day(0), 'requested', {}, 'x', 'R1'],
      [day(0), 'requested', {}, 'x', 'R2'],
      [day(1), 'hold', {}, 'x', 'dossier'],
      [day(1), 'contest', {}, 'x', 'R2'],
      [day(1), 'incident', {}, 'x', 'R1'],
    ])
    expect(operationsOf(events)).toEqual(['R1', 'R2'])
    expect(stateOf(events, 'R1').held.map(({ type }) => type)).toEqual(['hold'])
    expect(stateOf(events, 'R2').held.map(({ type }) => type)).toEqual(['hold', 'contest'])
    expect(stateOf(events, 'R1').incidents).toHaveLength(1)
  })

  it('goes back with a second package, which needs its own receipt', () => {
    const first = [exported(1, 1), delivered(2, 1), answered(3, 'refused')]
    expect(stateOf(eventsOf(first), 'R1')).toMatchObject({
      stage: 'delivered',
      held: [{ type: 'acknowledged' }],
    })
    const second = [...first, exported(4, 2), delivered(5, 2)]
    expect(stateOf(eventsOf(second), 'R1')).toMatchObject({
      stage: 'delivered',
      held: [],
      delivered: [ref(1), ref(2)],
    })
    expect(stateOf(eventsOf(second), 'R1').acknowledgement).toBeUndefined()
    expect(stateOf(eventsOf([...second, answered(6, 'accepted')]), 'R1').stage).toBe('acknowledged')
  })

  it('is not set back by a second medium or a late scope', () => {
    const events = eventsOf([
      exported(1, 1),
      delivered(2, 1),
      answered(3, 'accepted'),
      delivered(4, 1),
      [day(5), 'scoped', {}],
    ])
    expect(stateOf(events, 'R1')).toMatchObject({ stage: 'acknowledged', delivery: { sequence: 2 } })
  })

  it('ends a withdrawal with a newer receipt, or its release', () => {
    const withdrawn: Step[] = [
      exported(1, 1),
      delivered(2, 1),
      answered(3, 'accepted'),
      [day(4), 'withdrawal', {}],
    ]
    expect(stateOf(eventsOf(withdrawn), 'R1').held).toHaveLength(1)
    expect(stateOf(eventsOf([...withdrawn, answered(5, 'accepted')]), 'R1').held).toEqual([])
    expect(stateOf(eventsOf([...withdrawn, answered(5, 'accepted', 3)]), 'R1').held).toHaveLength(1)
    expect(stateOf(eventsOf([...withdrawn, [day(5), 'release', { of: 4 }]]), 'R1').held).toEqual([])
  })

  it('is held by a contest though a receipt says that it was signed later, by a clock that was ahead', () => {
    const contested: Step[] = [exported(1, 1), delivered(2, 1), [day(4), 'contest', {}]]
    const held = stateOf(eventsOf([...contested, answered(5, 'accepted', 6)]), 'R1').held
    expect(held.map(({ type }) => type)).toEqual(['contest'])
  })
})

describe('floorsOf', () => {
  const floor = (
    steps: readonly Step[],
    name: string,
    at: number,
  ): ReturnType<typeof floorsOf>[number] | undefined =>
    floorsOf(terms, eventsOf(steps), 'R1', day(at)).find((one) => one.name === name)

  it("takes the longest of the contract's and the rules'", () => {
    const events = eventsOf([exported(1, 1), delivered(2, 1)])
    expect(
      floorsOf(terms, events, 'R1', day(3)).map(({ name, duration, rules }) => [name, duration, rules]),
    ).toEqual([
      ['acknowledgement', 'PT48H', ['oci-cp-art-9']],
      ['notice', 'P21D', ['secnumcloud-19.4']],
      ['retrieval', 'P10D', ['contract']],
    ])
  })

  it('counts a contract of its own words where it names no rule, and none where nobody asks', async () => {
    const own = await newDossier(
      contractText.replace(
        /^deadlines:.*$/m,
        'deadlines: { rules: [data-act-25], retrieval: P1M, acknowledgement: P3D }',
      ),
    )
    const floors = floorsOf((await openDossier(own)).terms, [], 'R1', day(0))
    expect(floors.map(({ name, duration, rules }) => [name, duration, rules])).toEqual([
      ['acknowledgement', 'P3D', ['contract']],
      ['retrieval', 'P1M', ['contract']],
    ])
  })

  it('elapses at its end and not a second before, on the clock of the host', () => {
    const steps = [exported(1, 1), delivered(2, 1)]
    const events = eventsOf(steps)
    const until = day(4)
    expect(floor(steps, 'acknowledgement', 4)).toMatchObject({
      from: isoTime(day(2)),
      until: isoTime(until),
      elapsed: true,
      clock: "host's clock",
    })
    const before = floorsOf(terms, events, 'R1', new Date(until.getTime() - 1000))
    expect(before.find(({ name }) => name === 'acknowledgement')?.elapsed).toBe(false)
  })

  it("counts from the client's signature once there is one, so that an early date of the host gains nothing", () => {
    const backDated = [exported(1, 1), delivered(1, 1), answered(20, 'accepted')]
    expect(floor(backDated, 'retrieval', 25)).toMatchObject({
      from: isoTime(day(20)),
      clock: 'client-signed',
      elapsed: false,
    })
    expect(floor(backDated, 'retrieval', 31)?.elapsed).toBe(true)
  })

  it('does not let an early signature shorten a floor', () => {
    const steps = [exported(1, 1), delivered(10, 1), answered(11, 'accepted', 2)]
    expect(floor(steps, 'acknowledgement', 12)).toMatchObject({
      from: isoTime(day(10)),
      clock: "host's clock",
      elapsed: true,
    })
  })

  it('has not begun without its event', () => {
    expect(floor([exported(1, 1)], 'retrieval', 400)).toMatchObject({ elapsed: false })
    expect(floor([exported(1, 1)], 'retrieval', 400)?.until).toBeUndefined()
  })

  it('can be waived, but for the time to acknowledge', () => {
    const steps: Step[] = [
      delivered(2, 1),
      [day(3), 'waiver', { waives: ['notice', 'retrieval', 'acknowledgement'] }],
    ]
    expect(
      floorsOf(terms, eventsOf(steps), 'R1', day(3)).map(({ name, waived, elapsed }) => [
        name,
        waived,
        elapsed,
      ]),
    ).toEqual([
      ['acknowledgement', false, false],
      ['notice', true, true],
      ['retrieval', true, true],
    ])
  })

  it('names a source for every rule', () => {
    for (const [name, rule] of deadlineRules) {
      expect(rule.source, name).not.toBe('')
      expect(rule.text, name).not.toBe('')
    }
  })
})

describe('dueActions', () => {
  const due = (steps: readonly Step[], at: number): [string, string | undefined, boolean][] =>
    dueActions(terms, eventsOf(steps), day(at)).map(({ action, due: when, overdue }) => [
      action,
      when,
      overdue,
    ])

  const request: Step = [day(0), 'requested', { kind: 'restitution' }]

  it('has the delivery due 30 days after the request', () => {
    expect(due([request], 1)).toEqual([['export', midnightAfter(30), false]])
    expect(due([request, exported(1, 1)], 31)).toEqual([['deliver', midnightAfter(30), true]])
  })

  it('answers silence with reminders and escalation, never with a destruction', () => {
    const silent = [request, exported(1, 1), delivered(2, 1)]
    expect(due(silent, 3)).toEqual([['acknowledge', isoTime(day(4)), false]])
    expect(due(silent, 5).map(([action]) => action)).toEqual(['acknowledge', 'remind-client'])
    expect(due(silent, 400).map(([action]) => action)).toEqual([
      'acknowledge',
      'remind-client',
      'remind-again',
      'escalate',
      'send-registered-notice',
      'keep-held',
    ])
    const reminded: Step[] = [...silent, [day(5), 'reminder', {}], [day(10), 'reminder', {}]]
    expect(due(reminded, 20).map(([action]) => action)).toEqual([
      'acknowledge',
      'escalate',
      'send-registered-notice',
    ])
    expect(isHeldBySilence(terms, eventsOf(silent), stateOf(eventsOf(silent), 'R1'), day(24))).toBe(true)
    expect(isHeldBySilence(terms, eventsOf(silent), stateOf(eventsOf(silent), 'R1'), day(23))).toBe(false)
  })

  it('leads from the receipt to the certificate', () => {
    const accepted = [request, exported(1, 1), delivered(2, 1), answered(3, 'accepted')]
    expect(due(accepted, 4)).toEqual([
      ['give-notice', undefined, false],
      ['wait-floors', midnightAfter(13), false],
      ['authorise', undefined, false],
    ])
    const steps = life.map(([step]) => step)
    expect(due(steps.slice(0, 11), 31)).toEqual([['destroy', midnightAfter(33), false]])
    expect(due(steps.slice(0, 12), 32)).toEqual([['certify', undefined, false]])
    expect(due(steps.slice(0, 13), 34)).toEqual([['certify-final', midnightAfter(67), false]])
    expect(due(steps, 80)).toEqual([['withdraw-roles', isoTime(day(70)), true]])
    expect(due([...steps, [day(71), 'roles-withdrawn', {}, 'x', 'dossier']], 80)).toEqual([])
  })

  it('has a part given back, and destroyed, within thirty days even where the contract names no time', () => {
    const bare = { ...terms, contract: { ...terms.contract, deadlines: {} } }
    const asked: Step = [
      day(0),
      'requested',
      { kind: 'destruction', reason: 'on-demand', sources: ['records'] },
    ]
    const all = life.map(([step], i) => (i === 0 ? asked : step))
    const last = (steps: readonly Step[], at: number) => {
      const [one] = dueActions(bare, eventsOf(steps), day(at)).slice(-1)
      return [one?.action, one?.due, one?.rules]
    }
    expect(last(all.slice(0, 1), 1)).toEqual(['export', midnightAfter(30), ['on-demand']])
    expect(last(all.slice(0, 11), 31)).toEqual(['destroy', midnightAfter(33), ['on-demand']])
    const whole: Step = [day(0), 'requested', { kind: 'destruction', reason: 'end' }]
    expect(last([whole, ...all.slice(1, 11)], 31)).toEqual(['destroy', undefined, []])
  })

  it('puts an open contest first', () => {
    expect(due([request, [day(1), 'contest', {}]], 2)[0]).toEqual(['answer-contest', isoTime(day(1)), true])
  })
})

describe('an incident', () => {
  const wrongTenant = { sha256: sha256('i'), signers: [], nature: 'wrong-tenant' }
  const told = { ...wrongTenant, nature: 'leaked-key' }
  const heldIn = (operation: string, ...steps: readonly Step[]): string[] =>
    stateOf(eventsOf(steps), operation).held.map(({ type }) => type)

  it('of a wrong tenant in one operation holds every other, until it is closed there', () => {
    const opened: readonly Step[] = [
      [day(1), 'requested', { kind: 'restitution' }, 'a', 'R2'],
      [day(2), 'incident', wrongTenant, 'a', 'R1'],
    ]
    const closed: Step = [day(3), 'incident-closed', { of: 2, sha256: sha256('c'), signers: [] }]
    expect(['R1', 'R2'].map((name) => heldIn(name, ...opened))).toEqual([['incident'], ['incident']])
    expect(['R1', 'R2'].map((name) => heldIn(name, ...opened, closed))).toEqual([[], []])
    expect(heldIn('R2', [day(2), 'incident', told])).toEqual([])
  })

  it('of the whole case is over for all of them once its end is signed, as its page says', () => {
    const steps: readonly Step[] = [
      [day(1), 'requested', { kind: 'restitution' }, 'a', 'R2'],
      [day(2), 'incident', wrongTenant, 'a', 'dossier'],
      [day(3), 'incident-closed', { of: 2, sha256: sha256('c'), signers: [] }, 'a', 'R1'],
    ]
    expect(heldIn('R2', ...steps)).toEqual([])
    expect(stateOf(eventsOf(steps), 'R2').incidents).toEqual([])
  })

  it('of the whole case asks for what it asks for before the first operation, too', () => {
    const steps: readonly Step[] = [[day(2), 'incident', told, 'a', 'dossier']]
    const asked = dueActions(terms, eventsOf(steps), day(3)).map(({ operation, action }) => [
      operation,
      action,
    ])
    expect(asked).toEqual([
      ['dossier', 'notify-client'],
      ['dossier', 'close-incident'],
    ])
  })
})

describe('an order', () => {
  const steps = life.slice(0, 11).map(([step]) => step)
  const next = (terms: LoadedContract, at: number, ...more: readonly Step[]): string | undefined =>
    dueActions(terms, eventsOf([...steps, ...more]), day(at))
      .filter(({ operation }) => operation === 'R1')
      .at(-1)?.action

  it('is due to be signed, not to be carried out, while the contract asks for another signature', () => {
    const three = { ...terms, contract: { ...terms.contract, approval: { authorisers: 3 } } }
    expect([next(terms, 31), next(three, 31)]).toEqual(['destroy', 'authorise'])
    expect(next(three, 31, orderSigned(31, 'c'))).toBe('destroy')
  })

  it('is due anew once it has expired, and until the next one is signed as well', () => {
    expect([next(terms, 39), next(terms, 40)]).toEqual(['destroy', 'authorise'])
    const again: readonly Step[] = [
      [day(41), 'order-written', { orderSha256: sha256('p'), expiresAt: isoTime(day(55)) }],
      [day(41), 'order-signed', { orderSha256: sha256('p'), signer: 'a' }],
    ]
    expect(next(terms, 42, ...again)).toBe('authorise')
    const second: Step = [day(42), 'order-signed', { orderSha256: sha256('p'), signer: 'b' }]
    expect(next(terms, 42, ...again, second)).toBe('destroy')
  })
})

it('a certification that was lost is there again, and watched again, once an amendment names a newer one', () => {
  const lost = eventsOf([
    [day(10), 'certification-lost', { sha256: sha256('l'), signers: [] }, 'a', 'dossier'],
  ])
  const stateWith = (issued: string, at: number): string => {
    const certificate = { scope: [3], issued, expires: '2027-01-31' } as const
    const { contract } = terms
    const host = { ...contract.parties.host, certificate }
    const parties = { ...contract.parties, host }
    return certificationOf({ ...terms, contract: { ...contract, parties } }, lost, day(at)).state
  }
  // The loss is of 15 January 2026.
  expect([stateWith('2024-01-31', 20), stateWith('2026-01-15', 20)]).toEqual(['lost', 'lost'])
  expect([stateWith('2026-02-01', 40), stateWith('2026-02-01', 330)]).toEqual(['valid', 'expiring'])
  expect(stateWith('2026-02-01', 400)).toBe('expired')
})
