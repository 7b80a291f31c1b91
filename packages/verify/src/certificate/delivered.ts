import type { SourceRecord } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import { type Claims, receiptOf } from './claims.ts'

/**
 * Every source that was destroyed lies in a package of the delivery, the last of them read from the very system that was
 * destroyed: before that, under another scope, it may have been another one.
 */
export function destroyedWasDelivered(claims: Claims): Finding[] {
  if (!isComplete(claims)) return []
  return destroyedSources(claims).flatMap(({ name, fingerprint: expected }) => {
    const got = recordsOf(claims, name).at(-1)?.fingerprint
    if (got === undefined)
      return [finding('delivery-differs', name, 'destroyed, but in no package of the delivery')]
    if (expected === undefined || got === expected) return []
    return [
      finding('delivery-differs', name, 'the delivery holds another system under this name', {
        expected,
        got,
      }),
    ]
  })
}

/** The client has agreed to the destruction of a source knowing each item of it that it never got. */
export function lossesAccepted(claims: Claims): Finding[] {
  const { accepts } = receiptOf(claims)?.consent ?? {}
  if (accepts === undefined || !isComplete(claims)) return []
  return destroyedSources(claims).flatMap(({ name }) => {
    const newest = recordsOf(claims, name).at(-1)
    const expected = newest === undefined ? 0 : newest.totals.lost.items + newest.totals.excluded.items
    const own = accepts.filter(({ source }) => source === name)
    const got = new Set(own.map(({ commitment }) => commitment)).size
    if (got >= expected) return []
    const message = 'the consent does not list every item that was lost or excluded'
    return [finding('consent-missing', name, message, { expected, got })]
  })
}

function destroyedSources({ certificate }: Claims): Claims['certificate']['copies'] {
  return certificate.copies.filter(({ kind, startedAt }) => kind === 'source' && startedAt !== undefined)
}

/** What the packages say of a source that was read, in their order. */
function recordsOf({ manifests }: Claims, source: string): SourceRecord[] {
  return manifests
    .map(({ manifest }) => manifest)
    .sort((a, b) => a.sequence - b.sequence)
    .flatMap(({ sources }) => sources)
    .filter(({ name, fingerprint }) => name === source && fingerprint !== 'not-read')
}

function isComplete({ certificate, manifests }: Claims): boolean {
  const given = new Set(manifests.map(({ sha256 }) => sha256))
  return certificate.packages.every(({ manifestSha256 }) => given.has(manifestSha256))
}
