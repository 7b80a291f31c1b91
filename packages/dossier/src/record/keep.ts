import { basename, extname } from 'node:path'
import { type JsonObject, RestituteError } from '@restitute/core'
import {
  type EventType,
  type Fingerprint,
  type LedgerEvent,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import { readBounded } from '../files.ts'
import { allKeys, goodSignatures, isClient, type Signed, signatureFiles } from '../signatures.ts'
import { maxDocumentBytes, storeDocument } from '../signed-documents.ts'
import type { DigestMember } from './claims.ts'
import { eventsOf, type RecordOptions } from './options.ts'

/** A file to record, read, with the good signatures over it. */
export interface SignedFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  readonly signed: readonly Signed[]
}

/** Reads the file and the signatures beside it; throws `not-found`, `signature-invalid` for a broken one. */
export async function signedFile({ file, dossier }: RecordOptions): Promise<SignedFile> {
  const bytes = await readBounded(file, maxDocumentBytes)
  const name = basename(file)
  const signed = await goodSignatures(name, bytes, await signatureFiles(file), allKeys(dossier.terms))
  return { name, bytes, sha256: sha256Hex(bytes), signed }
}

/** Who has signed it. */
export function signersOf({ signed }: SignedFile): Fingerprint[] {
  return signed.map(({ fingerprint }) => fingerprint)
}

/** When the client signed, on its own word; nothing when it has not. */
export function clientTime({ dossier }: RecordOptions, { signed }: SignedFile): JsonObject {
  const client = signed.find(({ fingerprint }) => isClient(dossier.terms, fingerprint))
  return client === undefined ? {} : { signedAt: client.signedAt }
}

/**
 * Copies the file with its signatures into `documents/` and appends its event. Throws `usage` when it is
 * there already.
 */
export async function keep(
  o: RecordOptions,
  file: SignedFile,
  event: { readonly type: EventType; readonly digest: DigestMember; readonly facts: JsonObject },
): Promise<LedgerEvent> {
  const body = { [event.digest]: file.sha256, signers: signersOf(file), ...event.facts }
  assertNew(o, event.type, event.digest, body)
  const signatures = new Map(file.signed.map(({ fingerprint, bytes }) => [fingerprint, bytes]))
  const stem = `${o.kind}-${o.operation}`
  const { bytes } = file
  await storeDocument({ dossier: o.dossier, stem, extension: extensionOf(file.name), bytes, signatures })
  const { operation, key, at } = o
  return o.dossier.ledger.append({ type: event.type, operation, body, key, at })
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
  // `.asc` beside a document is a signature.
  return /^[a-z0-9]{1,8}$/.test(extension) && extension !== 'asc' ? extension : 'bin'
}
