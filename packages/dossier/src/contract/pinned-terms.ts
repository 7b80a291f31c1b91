import type { PinnedTerms } from '@restitute/manifest'
import type { LoadedContract } from './loaded.ts'

/** A contract as those see it who read no key: fingerprints for keys. */
export function pinnedTerms({ contract, sha256, keys }: LoadedContract): PinnedTerms {
  return {
    contract,
    sha256,
    host: keys.host.fingerprint,
    clients: keys.clients.map(({ fingerprint }) => fingerprint),
    persons: new Map([...keys.persons].map(([fingerprint, { person }]) => [fingerprint, person])),
  }
}
