import type { Json } from '@restitute/core'
import {
  type CertifiedCopy,
  canonicalJson,
  isClosed,
  type LedgerEvent,
  type OrderedCopy,
} from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import { type Claims, orderOf } from './claims.ts'
import { allowedOutcomes, declarationIn, type History, historyOf } from './history.ts'

/** Final only when no copy is deferred, unchecked, kept or still there. */
export function statusFollows({ certificate: { status, copies } }: Claims): Finding[] {
  const open = copies.filter(({ outcome }) => !isClosed(outcome)).map(({ name }) => name)
  if (status !== 'final' || (open.length === 0 && copies.length > 0)) return []
  return [
    finding('status-differs', 'status', 'called final', {
      expected: 'partial',
      got: `final, with ${open.join(', ') || 'no copy at all'}`,
    }),
  ]
}

/** The certificate names the copies of the order: each once, and no other. */
export function copiesAreThoseOfTheOrder(claims: Claims): Finding[] {
  const order = orderOf(claims)
  if (!order) return []
  const expected = order.copies.map(identity)
  const got = claims.certificate.copies.map(identity)
  const missing = expected.filter((copy) => !got.includes(copy))
  const strange = got.filter((copy, i) => !expected.includes(copy) || got.indexOf(copy) !== i)
  return [
    ...missing.map((copy) => finding('copies-differ', copy, 'in the order, but not in the certificate')),
    ...strange.map((copy) =>
      finding('copies-differ', copy, 'in the certificate, but not in the order, or twice'),
    ),
  ]
}

function identity({ kind, name, instance, fingerprint }: OrderedCopy | CertifiedCopy): string {
  return [kind, name, instance, fingerprint].filter((part) => part !== undefined).join(' ')
}

/** What is said of each copy follows from the events. */
export function outcomesFollow(claims: Claims): Finding[] {
  const order = orderOf(claims)
  if (!order || !claims.ledger) return []
  return claims.certificate.copies.flatMap((copy) => {
    const ordered = order.copies.find((one) => identity(one) === identity(copy))
    return ordered ? copyFollows(copy, ordered, historyOf(claims, ordered)) : []
  })
}

function copyFollows(copy: CertifiedCopy, ordered: OrderedCopy, history: History): Finding[] {
  const allowed = allowedOutcomes(history, ordered)
  const facts = Object.entries(factsOf(ordered, history))
  const differing = facts.filter(([key, expected]) => !equal(copy[key as keyof CertifiedCopy], expected))
  return [
    ...(allowed.includes(copy.outcome)
      ? []
      : [
          finding('outcome-differs', copy.name, 'its outcome does not follow from the ledger', {
            expected: allowed.join(' or '),
            got: copy.outcome,
          }),
        ]),
    ...differing.map(([key]) =>
      finding('outcome-differs', copy.name, `its ${key} is not what ledger and order say`),
    ),
  ]
}

/** Every member of a certified copy that ledger and order fix. */
function factsOf(
  ordered: OrderedCopy,
  { started, finished, probed, declared }: History,
): Partial<Record<keyof CertifiedCopy, unknown>> {
  return {
    deferredUntil: ordered.deferredUntil,
    bypassGovernance: ordered.bypassGovernance,
    heldBy: ordered.heldBy,
    startedAt: started?.at,
    stampedAt: started?.body['stampedAt'],
    method: started && pick(started.body, ['category', 'technique', 'limits']),
    finishedAt: finished?.at,
    steps: finished?.body['steps'],
    declaration: declared && declarationIn(declared),
    probe: probed && {
      at: probed.at,
      ...pick(probed.body, ['state', 'identity', 'looked', 'limits', ...keptOf(probed.body)]),
    },
  }
}

function keptOf(body: LedgerEvent['body']): readonly string[] {
  return body['kept'] === undefined ? [] : ['kept']
}

function pick(body: Readonly<Record<string, Json>>, keys: readonly string[]): Record<string, Json> {
  return Object.fromEntries(keys.map((key) => [key, body[key] ?? []]))
}

function equal(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null)
}
