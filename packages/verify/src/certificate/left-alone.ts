import {
  type CopyKind,
  isClosed,
  type LedgerEvent,
  putOnMedium,
  readDocument,
  type Scope,
  sha256Hex,
} from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import { type Claims, ownEvents } from './claims.ts'
import { allowedOutcomes, historyOf } from './history.ts'

/** What has to be gone before an operation is at its end. */
interface Wanted {
  readonly name: string
  readonly kind: CopyKind
  /** By its name in an order. */
  readonly isNamed: (name: string) => boolean
}

/**
 * A final certificate ends its operation: whatever the signed scope names, and whatever the export itself made (packages,
 * media, work folder), is among its copies, or was brought to its end under another order.
 */
export function nothingLeftAlone(claims: Claims): Finding[] {
  const { certificate, ledger } = claims
  if (certificate.status !== 'final' || !ledger) return []
  return wantedCopies(claims)
    .filter(
      ({ kind, isNamed }) => !certificate.copies.some((copy) => copy.kind === kind && isNamed(copy.name)),
    )
    .filter((wanted) => !isEnded(claims, wanted))
    .map(({ name }) =>
      finding('status-differs', name, 'called final, though the order leaves this copy alone', {
        expected: 'partial',
        got: 'final',
      }),
    )
}

/** The scope that was signed last; undefined where it was not given. */
export function scopeOf(claims: Claims): Scope | undefined {
  const digest = ownEvents(claims).findLast(({ type }) => type === 'scoped')?.body['scopeSha256']
  const bytes = claims.scopes.find((one) => sha256Hex(one) === digest)
  try {
    return bytes && readDocument('scope', bytes)
  } catch {
    // What is wrong with it is for its own verification to say.
    return undefined
  }
}

function wantedCopies(claims: Claims): readonly Wanted[] {
  const { sources, copies } = scopeOf(claims) ?? { sources: [], copies: [] }
  const events = ownEvents(claims)
  const exact = (kind: CopyKind, name: string): Wanted => ({ name, kind, isNamed: (one) => one === name })
  const media = events.flatMap((event) => putOnMedium(event) ?? []).map((serial) => `medium/${serial}`)
  return [
    ...sources.map(({ name }) => exact('source', name)),
    ...copies.map(({ kind, name }) => exact(kind, name)),
    ...packagesIn(claims).map(packageCalled),
    ...[...new Set(media)].map((name) => exact('medium', name)),
    ...(isWhole(events) ? [exact('work', 'work')] : []),
  ]
}

/** Those that the ledger says were made, and those that were delivered: somebody made these, too. */
function packagesIn(claims: Claims): readonly string[] {
  const exported = ownEvents(claims).filter(({ type }) => type === 'exported')
  const names = exported.map(({ body }) => (typeof body['package'] === 'string' ? body['package'] : ''))
  return [...new Set([...names, ...claims.certificate.packages.map((ref) => ref.package)])]
}

function packageCalled(name: string): Wanted {
  return { name, kind: 'package', isNamed: (one) => one.endsWith(`/${name}`) }
}

/** A part leaves the work folder to the operations that still need it; what no scope was signed for has none to leave. */
function isWhole(events: readonly LedgerEvent[]): boolean {
  const requests = events.filter(({ type }) => type === 'requested')
  const isLimited = ({ body: { sources } }: LedgerEvent): boolean =>
    Array.isArray(sources) && sources.length > 0
  const isPart = requests.length > 0 && requests.every(isLimited)
  return !isPart && events.some(({ type }) => type === 'scoped')
}

function isEnded(claims: Claims, { isNamed }: Wanted): boolean {
  const names = ownEvents(claims).map(({ body: { copy } }) => (typeof copy === 'string' ? copy : ''))
  return [...new Set(names)].filter(isNamed).some((name) => isClosedUnder(claims, name))
}

/** By the order under which somebody last began to destroy it. */
function isClosedUnder(claims: Claims, name: string): boolean {
  const started = ownEvents(claims).findLast(
    ({ type, body }) => type === 'destruction-started' && body['copy'] === name,
  )
  const { orderSha256 = claims.certificate.orderSha256, fingerprint = '' } = (started?.body ?? {}) as Partial<
    Record<'orderSha256' | 'fingerprint', string>
  >
  const under = { ...claims, certificate: { ...claims.certificate, orderSha256 } }
  const history = historyOf(under, { name, fingerprint })
  return allowedOutcomes(history, { name, kind: 'source', instance: '' }).every(isClosed)
}
