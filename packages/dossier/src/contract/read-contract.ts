import { join } from 'node:path'
import { RestituteError } from '@restitute/core'
import { sha256Hex, validateContract } from '@restitute/manifest'
import { readIfThere } from '../files.ts'
import { readAuthority } from './authority.ts'
import { crossProblems, unfilled } from './cross-checks.ts'
import { type KeySource, keysIn, readKeys } from './key-files.ts'
import type { LoadedContract } from './loaded.ts'
import { contractError } from './problems.ts'
import { readReceiptSigners } from './receipt-signers.ts'
import { secretsInClear } from './secrets.ts'
import { TrustFiles } from './trust-files.ts'
import { contractWarnings } from './warnings.ts'
import type { YamlReading } from './yaml.ts'

/** Name of the contract in a dossier. */
export const contractFile = 'contract.yaml'

/** Largest `contract.yaml`, in bytes. */
export const maxContractBytes: number = 1024 * 1024

/**
 * Reads and checks `contract.yaml` of a dossier and its key files, without network. Throws `not-found` when
 * there is none, `contract-invalid` with every problem at once (line, column, JSON pointer),
 * `secret-in-clear` when a secret stands in it. Whether the keys fit the policy today is not judged here.
 */
export async function readContract(dir: string): Promise<LoadedContract> {
  const bytes = await readIfThere(join(dir, contractFile), maxContractBytes)
  if (bytes === undefined) throw noDossier(dir)
  return loadContract(bytes, keysIn(dir))
}

/** That a folder is no dossier. */
export function noDossier(dir: string): RestituteError {
  return new RestituteError('not-found', `${dir}: no ${contractFile} there`, {
    hint: 'make a dossier with restitute init <dir>, or name one with --dossier',
  })
}

/** A contract out of its bytes; the same checks as {@link readContract}, wherever the keys come from. */
export async function loadContract(bytes: Uint8Array, source: KeySource): Promise<LoadedContract> {
  // The library behind it is long to load, and a client who verifies has no contract at hand.
  const { readYaml } = await import('./yaml.ts')
  const yaml = readYaml(bytes)
  const inClear = secretsInClear(yaml.value)
  refuse(yaml, yaml.problems.length > 0 ? [...yaml.problems, ...inClear] : [])
  const checked = validateContract(yaml.value)
  if ('problems' in checked) throw contractError([...checked.problems, ...inClear], yaml.placeOf)
  const { contract } = checked
  const { keys, keyFiles, problems } = await readKeys(contract, source)
  const trust = new TrustFiles(source)
  const { authority, problems: unread } = await readAuthority(contract, trust)
  const { receiptSigners, problems: unfit } = await readReceiptSigners(contract, trust)
  const written = [...inClear, ...unfilled(yaml.value), ...crossProblems(contract)]
  const all = [...written, ...problems, ...unread, ...unfit]
  if (keys === undefined || all.length > 0) throw contractError(all, yaml.placeOf)
  return {
    contract,
    sha256: sha256Hex(bytes),
    bytes,
    keys,
    keyFiles,
    receiptSigners,
    trustFiles: trust.files,
    ...(authority === undefined ? {} : { authority }),
    warnings: contractWarnings(contract),
  }
}

function refuse(yaml: YamlReading, problems: Parameters<typeof contractError>[0]): void {
  if (problems.length > 0) throw contractError(problems, yaml.placeOf)
}
