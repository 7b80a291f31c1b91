import { RestituteError } from '@restitute/core'
import type { Fingerprint } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { Dossier } from './dossier.ts'

/** Who may have signed a package: the host, its persons who export, and keys with a mandate to. */
export function exportersOf({ terms, mandates }: Pick<Dossier, 'terms' | 'mandates'>): PublicKey[] {
  const { host, persons } = terms.keys
  const operators = [...persons.values()].filter(
    ({ person }) => person.party === 'host' && person.roles.includes('operator'),
  )
  const mandated = mandates.filter(({ commands }) => commands.includes('export'))
  return [host, ...[...operators, ...mandated].map(({ key }) => key)]
}

/**
 * Throws `guard-refused` (exit 6) for whose packages and reports would never verify: a package that nobody accepts
 * holds its place in the delivery for good. What a mandate covers is for the ledger to judge.
 */
export function assertExporter(dossier: Dossier, person: Fingerprint): void {
  const mandated = dossier.mandates.map(({ key }) => key)
  if ([...exportersOf(dossier), ...mandated].some(({ fingerprint }) => fingerprint === person)) return
  throw new RestituteError('guard-refused', `${person} has not the role operator in the contract`, {
    details: { guard: 'delivery-valid', guards: ['delivery-valid'] },
    hint: 'act as a person who has it (--as)',
  })
}
