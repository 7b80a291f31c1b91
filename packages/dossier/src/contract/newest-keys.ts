import type { Fingerprint } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { allKeys } from '../signatures.ts'
import type { ContractKeys, LoadedContract } from './loaded.ts'

/**
 * The same contracts, oldest first, each key in the newest file that any of them has of it: a key that an amendment brings
 * again has lived on, or was revoked, since. What it signed is judged by that, whichever contract it was signed under; a
 * key that an amendment leaves out stays as it was.
 */
export function withNewestKeys(contracts: readonly LoadedContract[]): LoadedContract[] {
  const newest = new Map(contracts.flatMap(allKeys).map((key) => [key.fingerprint, key]))
  return contracts.map((terms) => ({ ...terms, keys: keysFrom(newest, terms.keys) }))
}

function keysFrom(
  newest: ReadonlyMap<Fingerprint, PublicKey>,
  { host, clients, persons }: ContractKeys,
): ContractKeys {
  const of = (key: PublicKey): PublicKey => newest.get(key.fingerprint) ?? key
  return {
    host: of(host),
    clients: clients.map(of),
    persons: new Map([...persons].map(([name, { person, key }]) => [name, { person, key: of(key) }])),
  }
}
