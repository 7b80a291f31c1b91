import { type Finding, finding } from '../findings.ts'
import type { Signer } from '../report.ts'
import { attemptsUnder, type Claims, executorsOf, ownEvents } from './claims.ts'

/**
 * The authorisers are different persons, and the executor is none of them and not the verifier, by what the certificate
 * itself says. An authoriser may verify: a host has three persons at least, not four (design §4).
 */
export function personsAreDistinct({ certificate: { executor, verifier, authorisers } }: Claims): Finding[] {
  const all = [executor, ...authorisers]
  const repeated = all.filter((person, i) => all.indexOf(person) !== i)
  const twice = [...new Set([...repeated, ...(verifier === executor ? [verifier] : [])])]
  return [
    ...twice.map((person) =>
      finding('persons-not-distinct', person, 'named in two parts that must be apart'),
    ),
    ...(authorisers.length < 2
      ? [finding('persons-not-distinct', 'authorisers', 'fewer than two authorisers are named')]
      : []),
  ]
}

/** The persons named are those who acted: by the ledger, the signatures of the order, and those of the certificate. */
export function personsActed(claims: Claims, signers: readonly Signer[]): Finding[] {
  return [
    ...certifierSigned(claims, signers),
    ...authorisersSigned(claims),
    ...executorsActed(claims),
    ...probersApart(claims),
  ]
}

function certifierSigned({ certificate: { verifier } }: Claims, signers: readonly Signer[]): Finding[] {
  if (signers.length === 0 || signers.some(({ fingerprint }) => fingerprint === verifier)) return []
  return [
    finding('persons-differ', 'verifier', 'the verifier named has not signed the certificate', {
      expected: verifier,
    }),
  ]
}

function authorisersSigned({ certificate, order }: Claims): Finding[] {
  if (!order || order.signers.length === 0) return []
  const signed = new Set(order.signers.map(({ fingerprint }) => fingerprint))
  return certificate.authorisers
    .filter((authoriser) => !signed.has(authoriser))
    .map((authoriser) =>
      finding('persons-differ', 'authorisers', 'named as authoriser, but has not signed the order', {
        expected: authoriser,
      }),
    )
}

function executorsActed(claims: Claims): Finding[] {
  if (!claims.ledger) return []
  const { executor, verifier, authorisers } = claims.certificate
  const executors = executorsOf(claims)
  const found = [verifier, ...authorisers]
    .filter((person) => executors.has(person))
    .map((person) =>
      finding('persons-not-distinct', person, 'has destroyed, by the ledger, what it authorised or verified'),
    )
  const began = attemptsUnder(claims).map(({ person }) => person)
  if (began.includes(executor)) return found
  const compared = { expected: executor, got: [...new Set(began)].join(', ') || 'nobody' }
  return [
    ...found,
    finding('persons-differ', 'executor', 'not the person who destroyed, by the ledger', compared),
  ]
}

/** Whoever destroyed may not be the one who looked. */
function probersApart(claims: Claims): Finding[] {
  const executors = executorsOf(claims)
  return ownEvents(claims)
    .filter(({ type, person }) => type === 'copy-probed' && executors.has(person))
    .map(({ sequence, person }) =>
      finding('persons-not-distinct', `event ${sequence}`, 'a probe by an executor', { got: person }),
    )
}
