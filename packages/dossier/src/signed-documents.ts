import type { DocumentKind, Documents, Fingerprint, Sha256 } from '@restitute/manifest'
import type { Dossier } from './dossier.ts'

/** A file of `documents/`. */
export interface StoredDocument {
  /** File name in `documents/`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  readonly signatures: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

/**
 * Puts a document into `documents/` as `<stem>.<extension>` (or `<stem>-2.<extension>`, … when that name holds other bytes) with its
 * signatures as `<name>.<fingerprint>.asc`. Idempotent; nothing is ever replaced.
 */
export async function storeDocument(_o: {
  readonly dossier: Pick<Dossier, 'paths'>
  readonly stem: string
  readonly extension: string
  readonly bytes: Uint8Array
  readonly signatures: ReadonlyMap<Fingerprint, Uint8Array>
}): Promise<StoredDocument> {
  throw new Error('todo')
}

/** A signed document of the dossier by its digest, with the fingerprints of everyone in the contract whose signature over it is good. */
export async function signedDocument<K extends DocumentKind>(
  _dossier: Dossier,
  _kind: K,
  _sha256: Sha256,
): Promise<{ readonly document: Documents[K]; readonly sha256: Sha256; readonly signers: readonly Fingerprint[] }> {
  throw new Error('todo')
}
