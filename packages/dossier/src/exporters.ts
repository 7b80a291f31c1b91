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
