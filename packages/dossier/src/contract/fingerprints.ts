import { RestituteError } from '@restitute/core'
import type { Contract } from '@restitute/manifest'
import type { ContractKeys, LoadedContract } from './loaded.ts'

/** A key, or the certificate of the time-stamping authority, that the contract names by its file alone, and what to write to name the key itself. */
export interface UnnamedKey {
  /** RFC 6901 pointer of the party, person or authority. */
  readonly pointer: string
  /** To be pasted beside the path, in YAML. */
  readonly line: string
}

/**
 * Every key that a contract does not name by its fingerprint, and the certificate of its time-stamping authority likewise. Host and client sign the text: without fingerprints in
 * it, whoever holds the folder chooses whose keys they agreed on.
 */
export function unnamedKeys({
  contract,
  keys,
  authority,
}: Pick<LoadedContract, 'contract' | 'keys' | 'authority'>): UnnamedKey[] {
  const { host, client } = contract.parties
  const quoted = keys.clients.map(({ fingerprint }) => `"${fingerprint}"`).join(', ')
  return [
    ...(host.fingerprint === undefined ? [unnamed('/parties/host', keys.host.fingerprint)] : []),
    ...(client.fingerprints === undefined
      ? [{ pointer: '/parties/client', line: `fingerprints: [${quoted}]` }]
      : []),
    ...unnamedPersons(contract, keys),
    // Or the host alone would choose whose clock counts, and could stamp what it likes with a certificate of its own.
    ...(authority !== undefined && contract.timestamp?.fingerprint === undefined
      ? [unnamed('/timestamp', authority.fingerprint)]
      : []),
  ]
}

function unnamedPersons({ persons }: Contract, keys: ContractKeys): UnnamedKey[] {
  const read = [...keys.persons.values()]
  return persons.flatMap((person, i) => {
    const key = read.find((one) => one.person.id === person.id)?.key
    return key === undefined || person.fingerprint !== undefined
      ? []
      : [unnamed(`/persons/${i}`, key.fingerprint)]
  })
}

function unnamed(pointer: string, fingerprint: string): UnnamedKey {
  return { pointer, line: `fingerprint: "${fingerprint}"` }
}

/**
 * Nobody signs, and nobody puts in force, a contract that does not say whose keys it speaks of: `contract-invalid`,
 * with what to write in `details.problems`.
 */
export function assertKeysNamed(terms: LoadedContract): void {
  const problems = unnamedKeys(terms).map(({ pointer, line }) => `${pointer}: write ${line}`)
  if (problems.length === 0) return
  throw new RestituteError(
    'contract-invalid',
    `contract.yaml: keys are named by file only, so a signature would not cover them: ${problems.join('; ')}`,
    {
      details: { problems },
      hint: 'compare each fingerprint with its holder by another channel, write it beside the key, then sign',
    },
  )
}
