import { basename, extname } from 'node:path'
import { type JsonObject, RestituteError } from '@restitute/core'
import {
  type EventType,
  type Fingerprint,
  type LedgerEvent,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { readBounded } from '../files.ts'
import {
  allKeys,
  authoritiesOf,
  goodSignatures,
  type SignatureFile,
  type Signed,
  signatureFiles,
} from '../signatures.ts'
import { maxDocumentBytes, storeDocument } from '../signed-documents.ts'
import { assertNotAhead } from '../signing-time.ts'
import { signatureMaps, stampedTime, stampUnder, withStamps } from '../stamping.ts'
import { type DigestMember, proofKinds } from './claims.ts'
import { eventsOf, type RecordOptions } from './options.ts'
import { isClients, x509For } from './receipt-form.ts'

/** A file to record, read, with the good signatures over it. */
export interface SignedFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  readonly signed: readonly Signed[]
}

/** Reads the file and the signatures beside it; throws `not-found`, `signature-invalid` for a broken one. */
export async function signedFile(o: RecordOptions): Promise<SignedFile> {
  const { file, holderKey } = o
  const bytes = await readBounded(file, maxDocumentBytes)
  const name = basename(file)
  const holder = holderKey === undefined ? [] : [holderKey]
  const signed = await judge(o, name, bytes, await signatureFiles(file), holder)
  return { name, bytes, sha256: sha256Hex(bytes), signed }
}

function judge(
  { dossier: { terms }, kind, at }: RecordOptions,
  name: string,
  bytes: Uint8Array,
  files: readonly SignatureFile[],
  others: readonly PublicKey[] = [],
): Promise<Signed[]> {
  const keys = [...allKeys(terms), ...others]
  const x509 = kind === 'receipt' ? x509For(terms, at) : undefined
  return goodSignatures(name, bytes, files, keys, authoritiesOf(terms), x509)
}

/** Who has signed it. */
export function signersOf({ signed }: SignedFile): Fingerprint[] {
  return signed.map(({ fingerprint }) => fingerprint)
}

/** When the client signed, on its own word; nothing when it has not. Throws `signature-invalid` for a time still to come. */
export function clientTime({ dossier, at }: RecordOptions, { name, signed }: SignedFile): JsonObject {
  const client = signed.find((one) => isClients(dossier.terms, one))
  if (client === undefined) return {}
  assertNotAhead(name, client.signedAt, at)
  return { signedAt: client.signedAt }
}

/**
 * Copies the file with its signatures into `documents/` and appends its event. What moves an operation on, lifts
 * a protection or starts a clock is time-stamped first, where the contract names an authority; what stops a
 * destruction never waits for one. Throws `usage` when it is there already, `timestamp-failed`.
 */
export async function keep(
  o: RecordOptions,
  file: SignedFile,
  event: { readonly type: EventType; readonly digest: DigestMember; readonly facts: JsonObject },
): Promise<LedgerEvent> {
  const said = { [event.digest]: file.sha256, signers: signersOf(file), ...event.facts }
  assertNew(o, event.type, event.digest, said)
  const signed = await stamped(o, file)
  const stampedAt = stampedTime(signed)
  const stem = `${o.kind}-${o.operation}`
  const { bytes } = file
  const maps = signatureMaps(signed)
  await storeDocument({ dossier: o.dossier, stem, extension: extensionOf(file.name), bytes, ...maps })
  const { operation, key, at } = o
  const body = { ...said, ...(stampedAt === undefined ? {} : { stampedAt }) }
  return o.dossier.ledger.append({ type: event.type, operation, body, key, at })
}

function stamped(o: RecordOptions, { name, bytes, signed }: SignedFile): Promise<readonly Signed[]> {
  const isStamped = o.kind === 'notice' || proofKinds.some((kind) => kind === o.kind)
  const stamp = isStamped ? stampUnder(o.dossier.terms, o.signal) : undefined
  return withStamps(signed, stamp, (files) => judge(o, name, bytes, files))
}

/** One signed word counts once: the release of one hold, shown again, must not lift the next one. */
function assertNew(o: RecordOptions, type: EventType, digest: DigestMember, body: JsonObject): void {
  const before = eventsOf(o).find(
    (event) =>
      event.type === type && event.body[digest] === body[digest] && event.body['copy'] === body['copy'],
  )
  if (before === undefined) return
  throw new RestituteError(
    'usage',
    `${o.kind}: this document is recorded already, as event ${before.sequence}`,
  )
}

function extensionOf(name: string): string {
  const extension = extname(name).slice(1).toLowerCase()
  // These beside a document are signatures.
  return /^(?!(?:asc|p7s)$)[a-z0-9]{1,8}$/.test(extension) ? extension : 'bin'
}
