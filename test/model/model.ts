/*
 * What a destruction needs, said once more and in another way: a few facts that each command changes, and one
 * condition over them. It shares no code with the guards, the states or the deadlines.
 */

/** Who can act. The host is the organisation's own key. */
export type Who =
  | 'host'
  | 'client-1'
  | 'client-2'
  | 'operator'
  | 'authoriser-1'
  | 'authoriser-2'
  | 'verifier'
  | 'stranger'

const hostSide: readonly Who[] = ['host', 'operator', 'authoriser-1', 'authoriser-2', 'verifier']

export const isHost = (who: Who): boolean => hostSide.includes(who)
export const isClient = (who: Who): boolean => who === 'client-1' || who === 'client-2'

/** A package as the world knows it. */
export interface Made {
  readonly name: string
  readonly pinned: boolean
  readonly keys: 1 | 2
  readonly loses: boolean
  sound: boolean
  delivered: boolean
}

/** How the client's answer is known to be the client's. */
export type Form = 'openpgp' | 'x509' | 'handwritten'

/** The client's answer, as it was signed. */
export interface Answer {
  readonly id: number
  readonly form: Form
  /** Who took it in at the host. */
  readonly takenInBy: Who
  readonly by: Who
  readonly decision: 'accepted' | 'reservations' | 'refused'
  readonly consent: boolean
  readonly acceptsLosses: boolean
  readonly failed: boolean
  readonly salts: boolean
  readonly names: readonly string[]
  readonly day: number
}

/** An order, as it was signed. */
export interface Ordered {
  readonly by: readonly Who[]
  readonly names: readonly string[]
  readonly answer: number
  readonly contract: number
  readonly operation: string
  readonly copy: string
  readonly fingerprint: string
  readonly expires: number
}

/** The facts. Days are counted from the first. */
export interface Model {
  today: number
  latest: number
  contract: number
  fileChanged: boolean
  scope: { readonly by: readonly Who[]; readonly contract: number; readonly names: string } | undefined
  packages: Made[]
  deliveredOn: number
  answer: Answer | undefined
  /** When the client gave its newest answer since the delivery, and whether the one recorded last is older. */
  answeredOn: number
  isOutdated: boolean
  noticedOn: number | undefined
  objections: { readonly kind: string; readonly sequence: number; readonly day: number }[]
  waived: Set<string>
  order: Ordered | undefined
  seen: boolean
  executor: Who
  system: string
  typed: string | undefined
  changed: number | undefined
  /** The forms of answer that the contract accepts, and whether a hand alone may consent. */
  accepts: readonly Form[]
  handConsents: boolean
  /** Whether the contract names a time-stamping authority. */
  authority: boolean
  /** How many minutes its clock is ahead of the host's; undefined when it does not answer. */
  ahead: number | undefined
}

export const first = (): Model => ({
  today: 0,
  latest: 0,
  contract: 0,
  fileChanged: false,
  scope: undefined,
  packages: [],
  deliveredOn: -1,
  answer: undefined,
  answeredOn: Number.NEGATIVE_INFINITY,
  isOutdated: false,
  noticedOn: undefined,
  objections: [],
  waived: new Set(),
  order: undefined,
  seen: false,
  executor: 'operator',
  system: 'right',
  typed: undefined,
  changed: 0,
  accepts: ['openpgp'],
  handConsents: false,
  authority: false,
  ahead: 0,
})

/** May everything be destroyed now? */
export function allows(m: Model): boolean {
  const { answer, order, scope, packages } = m
  if (!answer || !order || !scope || packages.length === 0) return false
  const names = packages.map(({ name }) => name)
  const terms = m.contract > 0 && !m.fileChanged && packages.every(({ pinned }) => pinned)
  const agreedScope =
    scope.by.some(isHost) &&
    scope.by.some(isClient) &&
    scope.contract === m.contract &&
    scope.names === 'records'
  const handedOver = packages.every(
    (p) => p.sound && p.delivered && (p.keys === 2 || m.waived.has('single-key')),
  )
  return (
    terms &&
    agreedScope &&
    handedOver &&
    agreed(m, answer, packages, names) &&
    isTheirs(m, answer) &&
    !m.isOutdated &&
    ordered(m, order, answer, names) &&
    timePassed(m, answer) &&
    clocksAgree(m) &&
    m.objections.every((one) => isOverruled(one, answer)) &&
    m.system === 'right' &&
    m.typed === 'right' &&
    m.changed === 0 &&
    m.seen
  )
}

/** A newer word of the client on the same question takes back what it contested; nothing but a release lifts a hold. */
function isOverruled({ kind, sequence, day }: Model['objections'][number], answer: Answer): boolean {
  if (answer.form === 'handwritten') return false
  return (kind === 'contest' || kind === 'withdrawal') && answer.id > sequence && answer.day >= day
}

/** A form that the contract accepts; a signature of the client's, or a hand that somebody else than the executor vouches for. */
function isTheirs({ accepts, executor }: Model, { form, by, takenInBy }: Answer): boolean {
  if (!accepts.includes(form)) return false
  return form === 'handwritten' ? takenInBy !== executor : isClient(by)
}

function agreed(
  { handConsents }: Model,
  answer: Answer,
  packages: readonly Made[],
  names: readonly string[],
): boolean {
  const lost = packages.some(({ loses }) => loses)
  const formal = answer.decision === 'accepted' && !answer.failed && answer.salts
  const consents = answer.consent && (answer.form !== 'handwritten' || handConsents)
  return formal && consents && (!lost || answer.acceptsLosses) && same(answer.names, names)
}

function ordered(m: Model, order: Ordered, answer: Answer, names: readonly string[]): boolean {
  const authorisers = order.by.filter((who) => who.startsWith('authoriser'))
  return (
    m.executor === 'operator' &&
    new Set(authorisers).size >= 2 &&
    m.today < order.expires &&
    order.operation === 'R1' &&
    order.contract === m.contract &&
    order.answer === answer.id &&
    order.copy === 'records' &&
    order.fingerprint === 'right' &&
    same(order.names, names)
  )
}

/** 48 hours and ten days after the delivery or, if later, the client's signature; 21 days after the notice. */
function timePassed(m: Model, answer: Answer): boolean {
  const from = answer.form === 'handwritten' ? m.deliveredOn : Math.max(m.deliveredOn, answer.day)
  const noticed = m.waived.has('notice') || (m.noticedOn !== undefined && m.today - m.noticedOn >= 22)
  const retrieved = m.waived.has('retrieval') || m.today - from >= 11
  const minutesMore = m.authority ? (m.ahead ?? 0) : 0
  const acknowledged = m.today - from + minutesMore / (24 * 60) >= 2
  return m.today >= m.latest && acknowledged && noticed && retrieved
}

/** Where an authority is named it answers, and its clock and the host's are at most five minutes apart. */
function clocksAgree({ authority, ahead }: Model): boolean {
  return !authority || (ahead !== undefined && ahead >= -5 && ahead <= 5)
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name))
