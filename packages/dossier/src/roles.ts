import type { Fingerprint, Role } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'

/** Whether a contract gives somebody of either party this role. */
export function holdsRole({ keys }: LoadedContract, person: Fingerprint, role: Role): boolean {
  return keys.persons.get(person)?.person.roles.includes(role) === true
}

/** Whether a contract gives somebody of the host this role. */
export function holdsHostRole(terms: LoadedContract, person: Fingerprint, role: Role): boolean {
  return terms.keys.persons.get(person)?.person.party === 'host' && holdsRole(terms, person, role)
}
