import fc from 'fast-check'
import type { Answer, Form, Model, Ordered, Who } from './model.ts'
import { isClient } from './model.ts'
import {
  contractDigest,
  iso,
  orderDigest,
  prints,
  receiptDigest,
  refOf,
  scopeDigest,
  type World,
} from './world.ts'

/** One step of one actor: the name of a command and four numbers that choose among its variants. */
export interface Step {
  readonly command: string
  readonly choice: readonly [number, number, number, number]
}

type Run = (m: Model, w: World, choice: Step['choice']) => void

const everyone: readonly Who[] = [
  ...(['host', 'client-1', 'client-2', 'operator', 'authoriser-1'] as const),
  ...(['authoriser-2', 'verifier', 'stranger'] as const),
]
const who = (n: number): Who => everyone[n % everyone.length] ?? 'stranger'
const rarely = (n: number): boolean => n % 4 === 3

function pin(m: Model, w: World): void {
  m.contract += 1
  const type = m.contract === 1 ? 'contract-pinned' : 'contract-amended'
  const body = { sha256: contractDigest(m.contract), signers: prints(['host', 'client-1']) }
  w.append(m, type, body, 'host', 'dossier')
}

function makeScope(m: Model, w: World, by: readonly Who[], names: string): void {
  m.scope = { by, contract: m.contract, names }
  w.append(m, 'scoped', { scopeSha256: scopeDigest(m.scope), signers: prints(by) })
}

function makePackage(m: Model, w: World, keys: 1 | 2, loses: boolean): void {
  const name = `R1-${String(m.packages.length + 1).padStart(4, '0')}`
  m.packages.push({ name, pinned: m.contract > 0, keys, loses, sound: true, delivered: false })
  w.append(m, 'exported', { ...refOf(name), sequence: m.packages.length, incomplete: loses })
}

function handOver(m: Model, w: World, only: 'all' | 'last'): void {
  const meant = only === 'all' ? m.packages : m.packages.slice(-1)
  if (meant.length === 0) return
  const fresh = meant.some(({ delivered }) => !delivered)
  for (const one of meant) one.delivered = true
  const body = {
    packages: meant.map(({ name }) => ({ ...refOf(name) })),
    place: 'vault',
    channel: 'directory',
  }
  w.append(m, 'delivered', body)
  if (!fresh) return
  m.deliveredOn = m.latest
  m.answer = undefined
  m.answeredOn = Number.NEGATIVE_INFINITY
  m.seen = false
}

/** Recording refuses what the client has not signed, or before a delivery: that is the evidence check's part. */
function answer(m: Model, w: World, said: Partial<Answer>): void {
  if (m.deliveredOn < 0) return
  const names = m.packages.map(({ name }) => name)
  const usual = { by: 'client-1', decision: 'accepted', consent: true, acceptsLosses: true } as const
  const form = m.accepts.includes('openpgp') ? 'openpgp' : 'x509'
  const day = Math.max(m.latest, m.today)
  const taken = { form, takenInBy: 'authoriser-1', id: w.events.length + 1 } as const
  const given: Answer = { ...usual, ...taken, failed: false, salts: true, names, day, ...said }
  m.answer = given
  const { decision, consent } = given
  const isByHand = given.form === 'handwritten'
  const signers = isByHand ? [] : prints([given.by])
  const stated = {
    ...(given.form !== 'openpgp' && { form: given.form }),
    ...(!isByHand && { signedAt: iso(given.day) }),
  }
  const body = { receiptSha256: receiptDigest(given.id), decision, consent, signers, ...stated }
  w.append(m, 'acknowledged', body, given.takenInBy)
  const answeredOn = isByHand ? m.latest : given.day
  m.isOutdated = answeredOn < m.answeredOn
  m.answeredOn = Math.max(m.answeredOn, answeredOn)
}

function writeOrder(m: Model, w: World, said: Partial<Ordered>): void {
  const names = m.packages.map(({ name }) => name)
  const usual = { by: ['authoriser-1', 'authoriser-2'], operation: 'R1', copy: 'records' } as const
  const bound = { names, answer: m.answer?.id ?? 0, contract: m.contract, fingerprint: 'right' }
  m.order = { ...usual, ...bound, expires: m.today + 60, ...said }
  w.append(m, 'order-written', { orderSha256: 'order', expiresAt: iso(m.order.expires) })
  for (const signer of prints(m.order.by)) w.append(m, 'order-signed', { orderSha256: orderDigest, signer })
}

function see(m: Model, w: World, by: Who, state: 'present' | 'absent', isRight: boolean): void {
  w.sighting(m, by, state, isRight)
  if (by === 'verifier' && state === 'present' && isRight && m.deliveredOn >= 0) m.seen = true
}

function object(m: Model, w: World, kind: 'contest' | 'hold' | 'withdrawal' | 'incident'): void {
  const sequence = w.append(m, kind, kind === 'incident' ? { nature: 'wrong-tenant' } : {}, 'operator')
  m.objections.push({ kind, sequence, day: m.latest })
}

function lift(m: Model, w: World): void {
  const [open] = m.objections
  if (open === undefined) return
  const type =
    open.kind === 'incident' ? 'incident-closed' : open.kind === 'hold' ? 'release' : 'contest-closed'
  w.append(m, type, { of: open.sequence })
  m.objections = m.objections.filter((one) => one !== open)
}

/** What an honest cast would do next: without it chance would hardly ever come to an end. */
function goOn(m: Model, w: World): void {
  const next = honest.find(({ missing }) => missing(m))
  if (next) next.act(m, w)
  else m.today += 1
}

const honest: readonly {
  readonly missing: (m: Model) => boolean
  readonly act: (m: Model, w: World) => void
}[] = [
  { missing: (m) => m.today < m.latest, act: (m) => void (m.today = m.latest) },
  { missing: (m) => m.contract === 0, act: pin },
  { missing: (m) => m.fileChanged, act: (m) => void (m.fileChanged = false) },
  {
    missing: ({ scope, contract }) =>
      scope?.contract !== contract || scope.by.length < 2 || scope.names !== 'records',
    act: (m, w) => makeScope(m, w, ['host', 'client-1'], 'records'),
  },
  { missing: (m) => m.packages.length === 0, act: (m, w) => makePackage(m, w, 2, false) },
  {
    missing: (m) => m.packages.some(({ sound }) => !sound),
    act: (m) => m.packages.forEach((one) => void (one.sound = true)),
  },
  { missing: (m) => m.packages.some(({ delivered }) => !delivered), act: (m, w) => handOver(m, w, 'all') },
  {
    missing: (m) => !m.answer || m.isOutdated || m.answer.decision !== 'accepted' || !m.answer.consent,
    act: (m, w) => answer(m, w, {}),
  },
  { missing: (m) => m.objections.length > 0, act: lift },
  {
    missing: ({ answer: a, packages, accepts, handConsents, executor }) =>
      !a ||
      !accepts.includes(a.form) ||
      (a.form === 'handwritten' ? !handConsents || a.takenInBy === executor : !isClient(a.by)) ||
      !a.salts ||
      a.failed ||
      !a.acceptsLosses ||
      a.names.length < packages.length,
    act: (m, w) => answer(m, w, {}),
  },
  { missing: (m) => m.authority && m.ahead !== 0, act: (m) => void (m.ahead = 0) },
  { missing: (m) => m.noticedOn === undefined, act: (m, w) => notice(m, w) },
  {
    missing: (m) =>
      m.order?.answer !== m.answer?.id ||
      m.order?.contract !== m.contract ||
      (m.order?.expires ?? 0) <= m.today,
    act: (m, w) => writeOrder(m, w, {}),
  },
  { missing: (m) => !m.seen, act: (m, w) => see(m, w, 'verifier', 'present', true) },
  {
    missing: (m) =>
      m.system !== 'right' || m.typed !== 'right' || m.changed !== 0 || m.executor !== 'operator',
    act: (m) => void Object.assign(m, { system: 'right', typed: 'right', changed: 0, executor: 'operator' }),
  },
  { missing: (m) => m.today - (m.noticedOn ?? 0) < 22, act: (m) => void (m.today += 22) },
]

function notice(m: Model, w: World): void {
  w.append(m, 'notice', { sha256: 'notice', signers: prints(['operator']) })
  m.noticedOn = m.latest
}

const forms: readonly Form[] = ['openpgp', 'x509', 'handwritten']
const acceptable: readonly (readonly Form[])[] = [
  ['openpgp'],
  ['openpgp', 'x509'],
  ['x509'],
  ['openpgp', 'handwritten'],
  ['x509', 'handwritten'],
  forms,
]

const waivable = ['single-key', 'notice', 'retrieval'] as const

/** Every command, honest or not, with how often it comes up. */
const commands: Readonly<Record<string, { readonly weight: number; readonly run: Run }>> = {
  goOn: { weight: 30, run: goOn },
  pin: { weight: 1, run: pin },
  changeFile: { weight: 1, run: (m) => void (m.fileChanged = true) },
  scope: {
    weight: 2,
    run: (m, w, [a, b, c]) => makeScope(m, w, [who(a), who(b)], rarely(c) ? 'another' : 'records'),
  },
  export: { weight: 1, run: (m, w, [a, b]) => makePackage(m, w, rarely(a) ? 1 : 2, rarely(b)) },
  deliver: { weight: 2, run: (m, w, [a]) => handOver(m, w, a % 2 === 0 ? 'all' : 'last') },
  tamper: {
    weight: 1,
    run: (m, _w, [a]) => {
      const meant = m.packages[a % 3]
      if (meant) meant.sound = false
    },
  },
  answer: {
    weight: 3,
    run: (m, w, [a, b, c, d]) =>
      answer(m, w, {
        by: rarely(a) ? who(b) : 'client-2',
        decision: (['accepted', 'accepted', 'reservations', 'refused'] as const)[c % 4] ?? 'refused',
        consent: !rarely(d),
        acceptsLosses: b % 2 === 0,
        failed: a % 7 === 6,
        salts: b % 7 !== 6,
        ...(d % 6 === 5 && { day: m.latest - 4 }),
        ...(!rarely(c) && { form: forms[(a + b) % 3] ?? 'openpgp', takenInBy: who(b + d) }),
        names: m.packages.map(({ name }) => name).slice(c % 5 === 4 ? 1 : 0),
      }),
  },
  notice: { weight: 1, run: notice },
  object: {
    weight: 2,
    run: (m, w, [a]) =>
      object(m, w, (['contest', 'hold', 'withdrawal', 'incident'] as const)[a % 4] ?? 'hold'),
  },
  lift: { weight: 1, run: lift },
  waive: {
    weight: 1,
    run: (m, w, [a]) => {
      const what = waivable[a % 3] ?? 'notice'
      m.waived.add(what)
      w.append(m, 'waiver', { waives: [what], signers: prints(['client-1']) })
    },
  },
  order: {
    weight: 3,
    run: (m, w, [a, b, c, d]) =>
      writeOrder(m, w, {
        by: rarely(c) ? [who(a), who(b)] : ['authoriser-2', 'authoriser-1', who(a)],
        expires: m.today + (b % 3) * 20,
        ...(d % 9 === 1 && { operation: 'R2' }),
        ...(d % 9 === 2 && { copy: 'another' }),
        ...(d % 9 === 3 && { fingerprint: 'wrong' }),
        ...(d % 9 === 4 && { answer: 0 }),
        ...(d % 9 === 5 && { contract: m.contract + 7 }),
        ...(d % 9 === 6 && { names: ['R1-0001'] }),
      }),
  },
  see: {
    weight: 2,
    run: (m, w, [a, b, c]) => see(m, w, who(a), rarely(b) ? 'absent' : 'present', !rarely(c)),
  },
  swapSystem: { weight: 1, run: (m) => void (m.system = 'wrong') },
  type: { weight: 1, run: (m, _w, [a]) => void (m.typed = ['right', 'wrong', undefined][a % 3]) },
  changeSource: { weight: 1, run: (m, _w, [a]) => void (m.changed = [1, undefined, 0][a % 3]) },
  executeAs: { weight: 1, run: (m, _w, [a]) => void (m.executor = who(a)) },
  wait: { weight: 4, run: (m, _w, [a]) => void (m.today += a % 13) },
  acceptForms: {
    weight: 2,
    run: (m, _w, [a, b]) => {
      m.accepts = acceptable[a % acceptable.length] ?? ['openpgp']
      m.handConsents = m.accepts.includes('handwritten') && b % 2 === 0
    },
  },
  nameAuthority: { weight: 1, run: (m, _w, [a]) => void (m.authority = a % 3 !== 0) },
  authorityClock: {
    weight: 1,
    run: (m, _w, [a]) => void (m.ahead = [0, 5, -5, 6, -6, 60, undefined][a % 7]),
  },
  clockBack: { weight: 1, run: (m, _w, [a]) => void (m.today -= a % 5) },
}

/** Lets one actor act, on the model and on the world alike. */
export function act(m: Model, w: World, { command, choice }: Step): void {
  commands[command]?.run(m, w, choice)
}

const number = fc.nat({ max: 62 })
const weighted = Object.entries(commands).map(([name, { weight }]) => ({
  weight,
  arbitrary: fc.record({
    command: fc.constant(name),
    choice: fc.tuple(number, number, number, number),
  }),
}))

/** Sequences of this many steps. */
export function sequences(length: number): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof(...weighted), { minLength: length, maxLength: length })
}
