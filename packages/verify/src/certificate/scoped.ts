import { type Finding, finding } from '../findings.ts'
import { attemptsUnder, type Claims, orderOf } from './claims.ts'
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

/** Whoever destroyed read the fingerprint of what he had before him: it was the system that the order names. */
export function destroyedAreThoseOfTheOrder(claims: Claims): Finding[] {
  const copies = orderOf(claims)?.copies ?? []
  return attemptsUnder(claims).flatMap(({ body }) => {
    const ordered = copies.find(({ name }) => name === body['copy'])
    const got = typeof body['fingerprint'] === 'string' ? body['fingerprint'] : 'none'
    const { name = '', fingerprint: expected } = ordered ?? {}
    if (expected === undefined || got === expected) return []
    return [
      finding('outcome-differs', name, 'another system was destroyed than the order names', {
        expected,
        got,
      }),
    ]
  })
}
