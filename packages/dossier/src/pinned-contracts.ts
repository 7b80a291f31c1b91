import { join } from 'node:path'
import { type Json, RestituteError } from '@restitute/core'
import { type LedgerEvent, type Sha256, sha256Hex } from '@restitute/manifest'
import { type KeySource, maxKeyBytes } from './contract/key-files.ts'
import type { LoadedContract } from './contract/loaded.ts'
import { loadContract, maxContractBytes } from './contract/read-contract.ts'
import { bodyText } from './event-body.ts'
import { readIfThere } from './files.ts'
import type { DossierPaths } from './paths.ts'
import { allKeys, assertSignedBy, goodSignatures, signatureFiles } from './signatures.ts'

/** Name of the kept copy of a pinned contract. */
export function contractCopy(sha256: Sha256): { readonly stem: string; readonly name: string } {
  return { stem: `contract-${sha256}`, name: `contract-${sha256}.yaml` }
}

/** Name of the kept copy of a key file. */
export function keyCopy(sha256: Sha256): { readonly stem: string; readonly name: string } {
  return { stem: `key-${sha256}`, name: `key-${sha256}.asc` }
}

/** Whether an event puts a contract in force. */
export function isPin({ type }: LedgerEvent): boolean {
  return type === 'contract-pinned' || type === 'contract-amended'
}

/**
 * Every contract that was ever in force, oldest first, read from the copies in `documents/` by the digests in
 * the ledger, its signatures verified anew: the first by its own keys, each later one by those of the one
 * before. Throws `invalid` when a copy is missing or another one.
 */
export async function pinnedContracts(
  paths: DossierPaths,
  events: readonly LedgerEvent[],
): Promise<LoadedContract[]> {
  const contracts: LoadedContract[] = []
  for (const event of events.filter(isPin))
    contracts.push(await pinnedContract(paths, event, contracts.at(-1)))
  return contracts
}

async function pinnedContract(
  paths: DossierPaths,
  event: LedgerEvent,
  before: LoadedContract | undefined,
): Promise<LoadedContract> {
  const sha256 = bodyText(event.body, 'sha256')
  const { name } = contractCopy(sha256)
  const bytes = await copy(paths, name, sha256, maxContractBytes)
  const contract = await loadContract(bytes, await pinnedKeys(paths, event.body['keys'] ?? {}))
  const judge = before ?? contract
  const files = await signatureFiles(join(paths.documents, name))
  const signed = await goodSignatures(name, bytes, files, allKeys(judge))
  assertSignedBy(
    judge,
    name,
    signed.map(({ fingerprint }) => fingerprint),
    ['host', 'client'],
  )
  return contract
}

async function pinnedKeys(paths: DossierPaths, keys: Json): Promise<KeySource> {
  const copies = new Map<string, Uint8Array>()
  for (const [path, digest] of Object.entries(keys as Readonly<Record<string, Json>>)) {
    const sha256 = typeof digest === 'string' ? digest : ''
    copies.set(path, await copy(paths, keyCopy(sha256).name, sha256, maxKeyBytes))
  }
  return async (path) => {
    const bytes = copies.get(path)
    if (bytes === undefined) throw damaged(`the ledger does not say which key ${path} is`)
    return bytes
  }
}

async function copy(paths: DossierPaths, name: string, sha256: Sha256, limit: number): Promise<Uint8Array> {
  // The digest comes from a file and becomes part of a path.
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw damaged('the ledger pins no digest')
  const bytes = await readIfThere(join(paths.documents, name), limit)
  if (bytes === undefined) throw damaged(`documents/${name} is missing`)
  if (sha256Hex(bytes) !== sha256) throw damaged(`documents/${name} has other bytes than were pinned`)
  return bytes
}

function damaged(why: string): RestituteError {
  return new RestituteError('invalid', `pinned contract: ${why}`, {
    details: { finding: 'contract-differs' },
    hint: 'restore documents/ from a backup',
  })
}
