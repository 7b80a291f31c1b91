import { type Dossier, type LoadedContract, unnamedKeys } from '@restitute/dossier'
import type { PublicKey } from '@restitute/seal'
import { type Finding, finding, type Signer } from '@restitute/verify'
import { type PartyName, traceContracts } from './traced-contracts.ts'

/** Whose word a bundle can be traced back to. */
export interface Origin {
  /** Those named who have signed a contract inside as a party. */
  readonly signers: readonly Signer[]
  /** `origin-unknown`, when it cannot. */
  readonly findings: readonly Finding[]
  /** What even so rests on the word of one party alone: English sentences. */
  readonly notChecked: readonly string[]
}

/**
 * Traces a bundle back to the keys that the reader trusts: each contract that was ever in force is signed by one of
 * them, or by a key for which they vouch, and gives the fingerprint of every other key that anything in it is judged by.
 */
export async function originOf(dossier: Dossier, named: readonly PublicKey[]): Promise<Origin> {
  const { signers, parties, untraced } = await traceContracts(dossier, named)
  if (signers.length === 0) return { signers, findings: [unsigned(dossier, named)], notChecked: [] }
  const byFile = dossier.contracts.filter((terms) => unnamedKeys(terms).length > 0)
  return {
    signers,
    findings: [...untraced.map(unknownContract), ...byFile.map(keysByFile)],
    notChecked: oneSided(parties),
  }
}

/** Both sign the contract, but with one key known, the other side may be whoever that one wanted. */
function oneSided(parties: readonly PartyName[]): string[] {
  const [known, ...others] = parties
  if (known === undefined || others.length > 0) return []
  const other = known === 'host' ? 'client' : 'host'
  return [
    `that the keys of the ${other} are the ${other}'s rests on the word of the ${known}, whose key you named: name a key of the ${other} too (--signer)`,
  ]
}

function unsigned({ terms }: Dossier, named: readonly PublicKey[]): Finding {
  const { host, clients } = terms.keys
  const inside = [`host ${host.fingerprint}`, ...clients.map((key) => `client ${key.fingerprint}`)].join(', ')
  const why =
    named.length === 0
      ? 'nobody was named whom you trust (--signer)'
      : 'none of the keys named is one of a party that signed the contract inside'
  return finding('origin-unknown', 'contract.yaml', `${why}; it says to be between these`, { got: inside })
}

function unknownContract({ sha256, keys }: LoadedContract): Finding {
  const message =
    'this contract was in force for a time, and nobody to whom your trust leads has signed it: what happened under it may be invented'
  const got = [keys.host, ...keys.clients].map(({ fingerprint }) => fingerprint).join(', ')
  return finding('origin-unknown', `contract-${sha256}.yaml`, message, { got })
}

function keysByFile({ sha256 }: LoadedContract): Finding {
  const message =
    'it names keys by file only: the signatures on it do not say whose keys the parties agreed on, so the keys in the bundle may be others'
  return finding('origin-unknown', `contract-${sha256}.yaml`, message)
}
