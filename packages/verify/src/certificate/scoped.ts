import { type Finding, finding } from '../findings.ts'
import type { Claims } from './claims.ts'
import { scopeOf } from './left-alone.ts'

/** Every source is the very system that host and client have signed for, not another one at its address. */
export function sourcesAreThoseOfTheScope(claims: Claims): Finding[] {
  const sources = scopeOf(claims)?.sources ?? []
  return claims.certificate.copies.flatMap(({ kind, name, fingerprint: got }) => {
    const expected = sources.find((source) => kind === 'source' && source.name === name)?.fingerprint
    if (expected === undefined || got === undefined || got === expected) return []
    return [finding('copies-differ', name, 'another system than the signed scope names', { expected, got })]
  })
}
