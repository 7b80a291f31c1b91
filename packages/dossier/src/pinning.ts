import { asRestituteError, type JsonObject, RestituteError } from '@restitute/core'
import { canonicalJson, type LedgerEvent, sha256Hex } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { assertKeysNamed } from './contract/fingerprints.ts'
import type { LoadedContract } from './contract/loaded.ts'
import { withNewestKeys } from './contract/newest-keys.ts'
import { readContract } from './contract/read-contract.ts'
import { assertSupersedes, type SignedText } from './contract/superseding.ts'
import { assertReadsUnder, type Dossier, openForPinning } from './dossier.ts'
import { authorityCopy, contractCopy, keyCopy, signedText, signedTexts } from './pinned-contracts.ts'
import {
  allKeys,
  assertSignedBy,
  authoritiesOf,
  goodSignatures,
  type SignatureFile,
  type Signed,
  signatureFiles,
} from './signatures.ts'
import { storeDocument } from './signed-documents.ts'
import { assertNotAhead } from './signing-time.ts'
import { signatureMaps, stampUnder, withStamps } from './stamping.ts'

/**
 * Puts `contract.yaml` in force: the first time `contract-pinned`, later `contract-amended`. Beside it must
 * lie detached signatures over its bytes (`contract.yaml.<fingerprint>.asc`) by the host (its key, or one of
 * its persons) and by a client key; those of an amendment are judged by the contract in force, not by its own
 * keys. Where it names a time-stamping authority, that stamps them. The bytes, the signatures with their stamps,
 * the key files and the certificate of the authority are kept in `documents/`, and every later command reads its
 * terms from there: open the dossier again. Throws `signature-invalid`, `contract-invalid` (also for keys without
 * fingerprint), `timestamp-failed`,
 * `usage` when nothing has changed.
 */
export async function pinContract(o: {
  readonly dir: string
  readonly key: PrivateKey
  readonly at: Date
  /** Ends the wait for the time-stamping authority. */
  readonly signal?: AbortSignal
}): Promise<LedgerEvent> {
  const dossier = await openForPinning(o.dir)
  await using _lock = await dossier.lock()
  const read = await readContract(o.dir)
  assertKeysNamed(read)
  const contracts = withNewestKeys([...dossier.contracts, read])
  const contract = contracts.at(-1) ?? read
  const judge = contracts.at(-2) ?? contract
  const given = await signatureFiles(dossier.paths.contract)
  const found = await contractSignatures(contract, judge, given)
  assertEventsKnown(dossier, contract)
  const pins = pinnedDigests(contract)
  assertNew(dossier, contract, pins)
  const before = await stillRead(dossier, contracts)
  const text = signedText(contract, judge, found)
  assertSupersedes(text, before)
  assertNotAhead('contract.yaml', text.signedAt, o.at)
  const signed = await withStamps(found, stampUnder(contract, o.signal), (files) =>
    contractSignatures(contract, judge, files),
  )
  await keep(dossier, contract, signed)
  const own = allKeys(contract).find(({ fingerprint }) => fingerprint === o.key.fingerprint)
  return await dossier.ledger.append({
    type: dossier.pinned ? 'contract-amended' : 'contract-pinned',
    operation: 'dossier',
    body: { sha256: contract.sha256, signers: signed.map(({ fingerprint }) => fingerprint), ...pins },
    key: o.key,
    at: o.at,
    ...(own === undefined ? {} : { knownAs: own }),
  })
}

/**
 * The contracts before the last, and when the client signed each. Throws for an amendment after which nobody could open the dossier
 * any more: it would end the case without its certificate.
 */
async function stillRead({ paths }: Dossier, contracts: readonly LoadedContract[]): Promise<SignedText[]> {
  try {
    const before = await signedTexts(paths, contracts.slice(0, -1))
    await assertReadsUnder(paths, contracts)
    return before
  } catch (cause) {
    const { code, message } = asRestituteError(cause)
    if (code !== 'invalid' && code !== 'signature-invalid') throw cause
    throw new RestituteError(
      'contract-invalid',
      `contract.yaml: by its files, what was done so far would no longer verify: ${message}`,
      {
        cause,
        hint: 'a key that was revoked makes way for another key; the new file of a key keeps every subkey that has signed',
      },
    )
  }
}

async function contractSignatures(
  contract: LoadedContract,
  judge: LoadedContract,
  files: readonly SignatureFile[],
): Promise<Signed[]> {
  const authorities = [judge, contract].flatMap(authoritiesOf)
  // Those whom the amendment brings in are kept too, though it is not for them to put it in force.
  const keys = [judge, contract].flatMap(allKeys)
  const signed = await goodSignatures('contract.yaml', contract.bytes, files, keys, authorities)
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

/** Path in the contract → SHA-256 of the file: which copies in `documents/` they are. Whose keys, the contract says. */
interface PinnedDigests extends JsonObject {
  readonly keys: Readonly<Record<string, string>>
}

function pinnedDigests({ keyFiles, trustFiles }: LoadedContract): PinnedDigests {
  const digests = (files: ReadonlyMap<string, Uint8Array>): Record<string, string> =>
    Object.fromEntries([...files].map(([path, bytes]) => [path, sha256Hex(bytes)]))
  return {
    keys: digests(keyFiles),
    ...(trustFiles.size === 0 ? {} : { authority: digests(trustFiles) }),
  }
}

function assertNew(dossier: Dossier, contract: LoadedContract, pins: PinnedDigests): void {
  if (!dossier.pinned || dossier.terms.sha256 !== contract.sha256) return
  if (canonicalJson(pinnedDigests(dossier.terms)) !== canonicalJson(pins)) return
  throw new RestituteError('usage', 'contract.yaml: this contract is in force already', {
    details: { sha256: contract.sha256 },
  })
}

async function keep(dossier: Dossier, contract: LoadedContract, signed: readonly Signed[]): Promise<void> {
  for (const bytes of contract.keyFiles.values()) {
    const { stem } = keyCopy(sha256Hex(bytes))
    await storeDocument({ dossier, stem, extension: 'asc', bytes, signatures: new Map() })
  }
  for (const bytes of contract.trustFiles.values()) {
    const { stem } = authorityCopy(sha256Hex(bytes))
    await storeDocument({ dossier, stem, extension: 'pem', bytes, signatures: new Map() })
  }
  const { stem } = contractCopy(contract.sha256)
  await storeDocument({ dossier, stem, extension: 'yaml', bytes: contract.bytes, ...signatureMaps(signed) })
}
