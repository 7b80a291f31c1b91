import { basename, extname } from 'node:path'
import { type JsonObject, RestituteError } from '@restitute/core'
import { type EventType, type LedgerEvent, type Sha256, sha256Hex } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Dossier } from '../dossier.ts'
import { readBounded } from '../files.ts'
import { stateOf } from '../operation-state.ts'
import { isPin } from '../pinned-contracts.ts'
import {
  allKeys,
  assertSignedBy,
  goodSignatures,
  isClient,
  type Signed,
  signatureFiles,
} from '../signatures.ts'
import { maxDocumentBytes, storeDocument } from '../signed-documents.ts'
import { challengeAnswered } from './challenge.ts'
import { type Claim, claimOf, type ProofKind, partiesFor, proofKinds } from './claims.ts'
import { checkReceipt, type ManifestFile } from './receipt.ts'

/** What can be taken into the ledger from a file. The contract itself: `pinContract`. */
export const recordKinds = [
  'challenge',
  'scope',
  'receipt',
  'notice',
  'contest',
  'contest-closed',
  'hold',
  'release',
  'withdrawal',
  'waiver',
  'declaration',
  'incident',
] as const

/** One of {@link recordKinds}. */
export type RecordKind = (typeof recordKinds)[number]

/** A file to take into the ledger. */
export interface RecordOptions {
  readonly dossier: Dossier
  readonly kind: RecordKind
  /** Its signatures lie beside it: `<file>.<fingerprint>.asc`, or `<file>.asc` as gpg names it. */
  readonly file: string
  /** `R1`, …; `dossier` for a contest, hold, withdrawal or incident that concerns every operation. */
  readonly operation: string
  readonly key: PrivateKey
  readonly at: Date
  /** For a receipt: the manifests of the packages it names. */
  readonly manifests?: readonly ManifestFile[]
  /** For a declaration: the copy that it speaks of. */
  readonly copy?: string
}

/** The file, read, with the good signatures over it. */
interface SignedFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  readonly signed: readonly Signed[]
}

/**
 * Takes a document into the dossier: checks it and its signatures, keeps a copy with its signatures in `documents/`,
 * appends its event. Who must sign: the scope host and client; a receipt, a waiver and the closing of a contest a client key;
 * a release whoever placed the hold; a notice the host. A contest, hold, withdrawal, incident or declaration is taken as
 * it is, in any form and even unsigned: nobody should need a key to stop a destruction. Nothing is changed when it throws:
 * `document-invalid`, `signature-invalid`, `usage` (recorded already, nothing to close, unknown copy).
 */
export async function record(o: RecordOptions): Promise<LedgerEvent> {
  await using _lock = await o.dossier.lock()
  if (o.kind === 'challenge') return await recordAnswer(o)
  const file = await signedFile(o)
  const { kind } = o
  if (isProof(kind)) return await recordProof(o, file, kind)
  if (kind === 'notice') assertSignedBy(o.dossier.terms, file.name, fingerprints(file), ['host'])
  const about = kind === 'declaration' ? { copy: declaredCopy(o) } : {}
  const client = kind === 'notice' ? clientTime(o, file) : {}
  return await keep(o, file, kind, 'sha256', { ...about, ...client })
}

function isProof(kind: RecordKind): kind is ProofKind {
  return proofKinds.some((proof) => proof === kind)
}

async function signedFile({ file, dossier }: RecordOptions): Promise<SignedFile> {
  const bytes = await readBounded(file, maxDocumentBytes)
  const name = basename(file)
  const signed = await goodSignatures(name, bytes, await signatureFiles(file), allKeys(dossier.terms))
  return { name, bytes, sha256: sha256Hex(bytes), signed }
}

function fingerprints({ signed }: SignedFile): string[] {
  return signed.map(({ fingerprint }) => fingerprint)
}

async function recordAnswer(o: RecordOptions): Promise<LedgerEvent> {
  const answer = await readBounded(o.file, 4096)
  const recipient = challengeAnswered(o.dossier.ledger.events(), answer)
  const { key, at } = o
  return await o.dossier.ledger.append({
    type: 'challenge-answered',
    operation: 'dossier',
    body: { recipient },
    key,
    at,
  })
}

async function recordProof(o: RecordOptions, file: SignedFile, kind: ProofKind): Promise<LedgerEvent> {
  const { terms, ledger } = o.dossier
  const claim = claimOf(kind, file.bytes)
  assertAbout(o, kind, claim)
  const closed = claim.facts['of'] === undefined ? undefined : closedEvent(o, claim)
  assertSignedBy(terms, file.name, fingerprints(file), partiesFor(kind, terms, closed))
  if (kind === 'receipt') checkReceipt(file.bytes, stateOf(ledger.events(), o.operation), o.manifests ?? [])
  const time = kind === 'receipt' ? clientTime(o, file) : {}
  return await keep(o, file, claim.type, claim.digest, { ...claim.facts, ...time })
}

function assertAbout({ dossier, operation }: RecordOptions, kind: ProofKind, claim: Claim): void {
  if (claim.operation !== operation) {
    throw new RestituteError(
      'document-invalid',
      `${kind}: expected operation ${operation}, got ${claim.operation}`,
    )
  }
  // What was exported under an earlier contract is answered under it.
  const earlier =
    kind === 'receipt'
      ? dossier.ledger
          .events()
          .filter(isPin)
          .map(({ body }) => body['sha256'])
      : []
  if ([dossier.terms.sha256, ...earlier].includes(claim.contract.sha256)) return
  throw new RestituteError(
    'document-invalid',
    `${kind}: it speaks of another contract than the one in force`,
    {
      details: { expected: dossier.terms.sha256, got: claim.contract.sha256 },
    },
  )
}

function closedEvent({ dossier, operation }: RecordOptions, { facts, type }: Claim): LedgerEvent {
  const closable: readonly EventType[] =
    type === 'contest-closed' ? ['contest'] : ['hold', 'withdrawal', 'incident']
  const event = dossier.ledger.events()[Number(facts['of']) - 1]
  if (
    event !== undefined &&
    closable.includes(event.type) &&
    [operation, 'dossier'].includes(event.operation)
  ) {
    return event
  }
  throw new RestituteError(
    'usage',
    `${type}: event ${facts['of']} is no ${closable.join(' or ')} of ${operation}`,
  )
}

/** When the client signed, on its own word. */
function clientTime({ dossier }: RecordOptions, { signed }: SignedFile): JsonObject {
  const client = signed.find(({ fingerprint }) => isClient(dossier.terms, fingerprint))
  return client === undefined ? {} : { signedAt: client.signedAt }
}

function declaredCopy({ dossier, copy }: RecordOptions): string {
  const { instances, destinations } = dossier.terms.contract
  const known = instances.flatMap(({ sources, copies }) =>
    [...(sources ?? []), ...(copies ?? [])].map(({ name }) => name),
  )
  const isPackage = destinations.some(({ name }) => copy?.startsWith(`${name}/`))
  if (copy !== undefined && (known.includes(copy) || isPackage)) return copy
  throw new RestituteError('usage', `declaration: expected the name of a copy, got ${copy ?? 'none'}`, {
    hint: `the contract has ${known.join(', ')}`,
  })
}

async function keep(
  o: RecordOptions,
  file: SignedFile,
  type: EventType,
  digest: Claim['digest'],
  facts: JsonObject,
): Promise<LedgerEvent> {
  const body = { [digest]: file.sha256, signers: fingerprints(file), ...facts }
  assertNew(o, type, digest, body)
  const signatures = new Map(file.signed.map(({ fingerprint, bytes }) => [fingerprint, bytes]))
  const stored = {
    stem: `${o.kind}-${o.operation}`,
    extension: extensionOf(file.name),
    bytes: file.bytes,
    signatures,
  }
  await storeDocument({ dossier: o.dossier, ...stored })
  return await o.dossier.ledger.append({ type, operation: o.operation, body, key: o.key, at: o.at })
}

/** One signed word counts once: a release of one hold, shown again, must not lift the next one. */
function assertNew(o: RecordOptions, type: EventType, digest: Claim['digest'], body: JsonObject): void {
  const before = o.dossier.ledger
    .events()
    .find((e) => e.type === type && e.body[digest] === body[digest] && e.body['copy'] === body['copy'])
  if (before === undefined) return
  throw new RestituteError(
    'usage',
    `${o.kind}: this document is recorded already, as event ${before.sequence}`,
  )
}

function extensionOf(name: string): string {
  const extension = extname(name).slice(1).toLowerCase()
  // `.asc` beside a document is a signature.
  return /^[a-z0-9]{1,8}$/.test(extension) && extension !== 'asc' ? extension : 'bin'
}
