import { join } from 'node:path'
import { type Json, RestituteError } from '@restitute/core'
import { type LedgerEvent, type Sha256, sha256Hex } from '@restitute/manifest'
import { type KeySource, maxKeyBytes } from './contract/key-files.ts'
import type { LoadedContract } from './contract/loaded.ts'
import { withNewestKeys } from './contract/newest-keys.ts'
import { loadContract, maxContractBytes } from './contract/read-contract.ts'
import { assertSupersedes, type SignedText } from './contract/superseding.ts'
import { bodyText } from './event-body.ts'
import { readIfThere } from './files.ts'
import type { DossierPaths } from './paths.ts'
import {
  allKeys,
  assertSignedBy,
  authoritiesOf,
  goodSignatures,
  isClient,
  type Signed,
  signatureFiles,
} from './signatures.ts'

/** Name of the kept copy of a pinned contract. */
export function contractCopy(sha256: Sha256): { readonly stem: string; readonly name: string } {
  return { stem: `contract-${sha256}`, name: `contract-${sha256}.yaml` }
}

/** Name of the kept copy of a key file. */
export function keyCopy(sha256: Sha256): { readonly stem: string; readonly name: string } {
  return { stem: `key-${sha256}`, name: `key-${sha256}.asc` }
}

/** Name of the kept copy of a file of X.509 certificates or revocation lists. */
export function authorityCopy(sha256: Sha256): { readonly stem: string; readonly name: string } {
  return { stem: `authority-${sha256}`, name: `authority-${sha256}.pem` }
}

/** Whether an event puts a contract in force. */
export function isPin({ type }: LedgerEvent): boolean {
  return type === 'contract-pinned' || type === 'contract-amended'
}

/** The contract that was in force when an event was recorded; undefined before the first. */
export function contractAt(
  contracts: readonly LoadedContract[],
  events: readonly LedgerEvent[],
  sequence: number,
): LoadedContract | undefined {
  return contracts[events.filter((event) => isPin(event) && event.sequence < sequence).length - 1]
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
  const loaded: LoadedContract[] = []
  for (const event of events.filter(isPin)) loaded.push(await pinnedContract(paths, event))
  const contracts = withNewestKeys(loaded)
  await signedTexts(paths, contracts)
  return contracts
}

async function pinnedContract(paths: DossierPaths, event: LedgerEvent): Promise<LoadedContract> {
  const sha256 = bodyText(event.body, 'sha256')
  const bytes = await copy(paths, contractCopy(sha256).name, sha256, maxContractBytes)
  return loadContract(bytes, await pinnedFiles(paths, event))
}

/**
 * Throws `signature-invalid` unless the copy of each of these contracts, oldest first, is signed by whom it takes, and
 * `contract-invalid` for one that cannot follow those before it. Gives when the client signed each.
 */
export async function signedTexts(
  paths: DossierPaths,
  contracts: readonly LoadedContract[],
): Promise<SignedText[]> {
  const texts: SignedText[] = []
  for (const [i, contract] of contracts.entries()) {
    const judge = contracts[i - 1] ?? contract
    const text = signedText(contract, judge, await signaturesOnCopy(paths, contract, judge))
    assertSupersedes(text, texts)
    texts.push(text)
  }
  return texts
}

/** When the client, as `judge` knows it, last signed a contract. */
export function signedText(
  { sha256 }: LoadedContract,
  judge: LoadedContract,
  signed: readonly Signed[],
): SignedText {
  const times = signed.filter((one) => isClient(judge, one.fingerprint)).map(({ signedAt }) => signedAt)
  return { sha256, signedAt: times.sort().at(-1) ?? '' }
}

async function signaturesOnCopy(
  paths: DossierPaths,
  contract: LoadedContract,
  judge: LoadedContract,
): Promise<Signed[]> {
  const { name } = contractCopy(contract.sha256)
  const files = await signatureFiles(join(paths.documents, name))
  const authorities = [judge, contract].flatMap(authoritiesOf)
  const signed = await goodSignatures(name, contract.bytes, files, allKeys(judge), authorities)
  const signers = signed.map(({ fingerprint }) => fingerprint)
  assertSignedBy(judge, name, signers, ['host', 'client'])
  return signed
}

/** The keys and the certificate of the authority, by their paths in the contract. */
async function pinnedFiles(paths: DossierPaths, { body }: LedgerEvent): Promise<KeySource> {
  const copies = new Map([
    ...(await copiesOf(paths, body['keys'], keyCopy)),
    ...(await copiesOf(paths, body['authority'], authorityCopy)),
  ])
  return async (path) => {
    const bytes = copies.get(path)
    if (bytes === undefined) throw damaged(`the ledger does not say which file ${path} is`)
    return bytes
  }
}

async function copiesOf(
  paths: DossierPaths,
  digests: Json | undefined,
  place: (sha256: Sha256) => { readonly name: string },
): Promise<[path: string, bytes: Uint8Array][]> {
  const copies: [path: string, bytes: Uint8Array][] = []
  for (const [path, digest] of Object.entries((digests ?? {}) as Readonly<Record<string, Json>>)) {
    const sha256 = typeof digest === 'string' ? digest : ''
    copies.push([path, await copy(paths, place(sha256).name, sha256, maxKeyBytes)])
  }
  return copies
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
