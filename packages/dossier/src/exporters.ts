import { RestituteError } from '@restitute/core'
import type { Fingerprint } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { LoadedContract } from './contract/loaded.ts'
import type { Dossier } from './dossier.ts'

/**
 * Who may have signed a package: the host, its persons who export, and keys with a mandate to, under whichever contract was
 * in force: what somebody exported stays delivered when they have left.
 */
export function exportersOf({
  terms,
  contracts,
  mandates,
}: Pick<Dossier, 'terms' | 'contracts' | 'mandates'>): PublicKey[] {
  const mandated = mandates.filter(({ commands }) => commands.includes('export')).map(({ key }) => key)
  const all = [...contracts, terms].flatMap(exportersUnder)
  return [...new Map([...mandated, ...all].map((key) => [key.fingerprint, key])).values()]
}

function exportersUnder({ keys: { host, persons } }: LoadedContract): PublicKey[] {
  const operators = [...persons.values()].filter(
    ({ person }) => person.party === 'host' && person.roles.includes('operator'),
  )
  return [host, ...operators.map(({ key }) => key)]
}

/**
 * Throws `guard-refused` (exit 6) for whose packages and reports would never verify: a package that nobody accepts
 * holds its place in the delivery for good. What a mandate covers is for the ledger to judge.
 */
export function assertExporter(dossier: Dossier, person: Fingerprint): void {
  const mandated = dossier.mandates.map(({ key }) => key)
  if ([...exportersUnder(dossier.terms), ...mandated].some(({ fingerprint }) => fingerprint === person))
    return
  throw new RestituteError('guard-refused', `${person} has not the role operator in the contract`, {
    details: { guard: 'delivery-valid', guards: ['delivery-valid'] },
    hint: 'act as a person who has it (--as)',
  })
}
