import { RestituteError } from '@restitute/core'
import { type LedgerEvent, sha256Hex } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { LoadedContract } from './contract/loaded.ts'
import { readContract } from './contract/read-contract.ts'
import { type Dossier, openForPinning } from './dossier.ts'
import { contractCopy, keyCopy } from './pinned-contracts.ts'
import { allKeys, assertSignedBy, goodSignatures, type Signed, signatureFiles } from './signatures.ts'
import { storeDocument } from './signed-documents.ts'

/**
 * Puts `contract.yaml` in force: the first time `contract-pinned`, later `contract-amended`. Beside it must
 * lie detached signatures over its bytes (`contract.yaml.<fingerprint>.asc`) by the host (its key, or one of
 * its persons) and by a client key; those of an amendment are judged by the contract in force, not by its own
 * keys. The bytes, the signatures and the key files are kept in `documents/`, and every later command reads
 * its terms from there: open the dossier again. Throws `signature-invalid`, `contract-invalid`, `usage` when
 * nothing has changed.
 */
export async function pinContract(o: {
  readonly dir: string
  readonly key: PrivateKey
  readonly at: Date
}): Promise<LedgerEvent> {
  const dossier = await openForPinning(o.dir)
  await using _lock = await dossier.lock()
  const contract = await readContract(o.dir)
  const judge = dossier.pinned ? dossier.terms : contract
  const signed = await contractSignatures(dossier, contract, judge)
  assertEventsKnown(dossier, contract)
  const keys = keyDigests(contract)
  assertNew(dossier, contract, keys)
  await keep(dossier, contract, signed)
  return await dossier.ledger.append({
    type: dossier.pinned ? 'contract-amended' : 'contract-pinned',
    operation: 'dossier',
    body: { sha256: contract.sha256, signers: signed.map(({ fingerprint }) => fingerprint), keys },
    key: o.key,
    at: o.at,
  })
}

async function contractSignatures(
  dossier: Dossier,
  { bytes }: LoadedContract,
  judge: LoadedContract,
): Promise<Signed[]> {
  const files = await signatureFiles(dossier.paths.contract)
  const signed = await goodSignatures('contract.yaml', bytes, files, allKeys(judge))
  const signers = signed.map(({ fingerprint }) => fingerprint)
  assertSignedBy(judge, 'contract.yaml', signers, ['host', 'client'])
  return signed
}

/** What happened before the contract was signed must stay attributable to its persons. */
function assertEventsKnown(dossier: Dossier, contract: LoadedContract): void {
  if (dossier.pinned) return
  const known = new Set(allKeys(contract).map(({ fingerprint }) => fingerprint))
  const unknown = dossier.ledger.events().find(({ person }) => !known.has(person))
  if (unknown === undefined) return
  throw new RestituteError(
    'contract-invalid',
    `contract.yaml: event ${unknown.sequence} is by key ${unknown.person}, who is not in it`,
    { hint: 'keep everyone who has acted in this dossier among the persons' },
  )
}

/** Path in the contract → SHA-256 of the key file: the contract itself only names the paths. */
function keyDigests({ keyFiles }: LoadedContract): Record<string, string> {
  return Object.fromEntries([...keyFiles].map(([path, bytes]) => [path, sha256Hex(bytes)]))
}

function assertNew(dossier: Dossier, contract: LoadedContract, keys: Readonly<Record<string, string>>): void {
  if (!dossier.pinned || dossier.terms.sha256 !== contract.sha256) return
  const before = keyDigests(dossier.terms)
  if (Object.entries(keys).some(([path, sha256]) => before[path] !== sha256)) return
  throw new RestituteError('usage', 'contract.yaml: this contract is in force already', {
    details: { sha256: contract.sha256 },
  })
}

async function keep(dossier: Dossier, contract: LoadedContract, signed: readonly Signed[]): Promise<void> {
  for (const bytes of contract.keyFiles.values()) {
    const { stem } = keyCopy(sha256Hex(bytes))
    await storeDocument({ dossier, stem, extension: 'asc', bytes, signatures: new Map() })
  }
  const { stem } = contractCopy(contract.sha256)
  const signatures = new Map(signed.map(({ fingerprint, bytes }) => [fingerprint, bytes]))
  await storeDocument({ dossier, stem, extension: 'yaml', bytes: contract.bytes, signatures })
}
