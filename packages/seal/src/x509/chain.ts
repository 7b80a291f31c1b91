import type { X509Certificate } from 'node:crypto'
import { depthBelow, isValidAt, unfitness } from './certificates.ts'

/** What every certificate of a chain must be. */
export interface ChainTerms {
  /** Valid at this moment. */
  readonly at: Date
  /** Extended key usages, one of which an authority must be for where it states any. */
  readonly purposes: readonly string[]
}

/**
 * The chain from a certificate to one of `roots` (which are trusted as they are, self-signed or not), every
 * certificate of it valid at that moment; undefined when there is none. Names, signatures and key usages are
 * checked by OpenSSL in node:crypto. Each candidate is tried once: hostile sets cannot burn time.
 */
export function chainTo(
  leaf: X509Certificate,
  roots: readonly X509Certificate[],
  candidates: readonly X509Certificate[],
  { at, purposes }: ChainTerms,
): readonly X509Certificate[] | undefined {
  const tried = new Set<string>([leaf.fingerprint256])
  const climb = (below: readonly X509Certificate[]): readonly X509Certificate[] | undefined => {
    const top = below.at(-1) ?? leaf
    if (!isValidAt(top, at)) return undefined
    if (isAmong(top, roots)) return below
    if (unfitness(top) !== undefined) return undefined
    const root = roots.find((one) => isValidAt(one, at) && issued(one, top, below.length - 1, purposes))
    if (root) return [...below, root]
    return firstOf(candidates, (next) => {
      if (tried.has(next.fingerprint256) || !issued(next, top, below.length - 1, purposes)) return undefined
      tried.add(next.fingerprint256)
      return climb([...below, next])
    })
  }
  return climb([leaf])
}

function isAmong(certificate: X509Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256)
}

/** `between`: how many authorities stand between the two. */
function issued(
  issuer: X509Certificate,
  subject: X509Certificate,
  between: number,
  purposes: readonly string[],
): boolean {
  const depth = depthBelow(issuer, purposes)
  if (depth === undefined || between > depth) return false
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
}

function firstOf<T, R>(all: readonly T[], attempt: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = attempt(one)
    if (found !== undefined) return found
  }
  return undefined
}
