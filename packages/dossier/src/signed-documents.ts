import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import {
  type DocumentKind,
  type Documents,
  type Fingerprint,
  readDocument,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import type { Dossier } from './dossier.ts'
import { readBounded, readIfThere, writeWhole } from './files.ts'
import type { DossierPaths } from './paths.ts'
import { allKeys, authoritiesOf, goodSignatures, type SignatureFile, signatureFiles } from './signatures.ts'

/** Largest document of a dossier, in bytes: the manifest of some hundred thousand volumes. */
export const maxDocumentBytes: number = 256 * 1024 * 1024

/** A file of `documents/` with the signature files beside it. */
export interface StoredDocument {
  /** File name in `documents/`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  readonly signatures: readonly SignatureFile[]
}

/**
 * Puts a document into `documents/` as `<stem>.<extension>` (`<stem>-2.<extension>`, … when that name holds
 * other bytes), with its signatures as `<name>.<fingerprint>.asc` (by X.509 `.p7s`) and their time stamps as
 * `<name>.<fingerprint>.asc.tsr`. Idempotent; no document is ever replaced.
 */
export async function storeDocument(o: {
  readonly dossier: { readonly paths: DossierPaths }
  readonly stem: string
  readonly extension: string
  readonly bytes: Uint8Array
  readonly signatures: ReadonlyMap<Fingerprint, Uint8Array>
  /** Of those of the signatures that have one. */
  readonly stamps?: ReadonlyMap<Fingerprint, Uint8Array>
  /** Those who signed by X.509. */
  readonly x509?: ReadonlySet<Fingerprint>
}): Promise<StoredDocument> {
  const { documents } = o.dossier.paths
  await mkdir(documents, { recursive: true, mode: 0o750 })
  const name = await freeName(documents, o)
  const path = join(documents, name)
  if ((await readIfThere(path, maxDocumentBytes)) === undefined) await writeWhole(path, o.bytes)
  for (const [signer, signature] of o.signatures) {
    const form = o.x509?.has(signer) ? 'p7s' : 'asc'
    await writeSignature(`${path}.${signer}.${form}`, signature, o.stamps?.get(signer))
  }
  return { name, bytes: o.bytes, sha256: sha256Hex(o.bytes), signatures: await signatureFiles(path) }
}

/** A stamp never lies beside another signature than its own, not even after a crash. */
async function writeSignature(
  path: string,
  signature: Uint8Array,
  stamp: Uint8Array | undefined,
): Promise<void> {
  const there = await readIfThere(path, maxDocumentBytes)
  const isSame = there !== undefined && Buffer.compare(there, signature) === 0
  if (!isSame) await rm(`${path}.tsr`, { force: true })
  await writeWhole(path, signature)
  if (stamp !== undefined) await writeWhole(`${path}.tsr`, stamp)
}

async function freeName(
  folder: string,
  o: { readonly stem: string; readonly extension: string; readonly bytes: Uint8Array },
): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${o.stem}${n === 1 ? '' : `-${n}`}.${o.extension}`
    const there = await readIfThere(join(folder, name), maxDocumentBytes)
    if (there === undefined || Buffer.compare(there, o.bytes) === 0) return name
  }
}

/** A document of the dossier by its digest, whatever its name; undefined when it is not there. */
export async function findDocument(paths: DossierPaths, sha256: Sha256): Promise<StoredDocument | undefined> {
  for (const name of await documentNames(paths)) {
    const path = join(paths.documents, name)
    const bytes = await readBounded(path, maxDocumentBytes)
    if (sha256Hex(bytes) === sha256) return { name, bytes, sha256, signatures: await signatureFiles(path) }
  }
  return undefined
}

/** Not what was being written when its process was killed: that may be the same bytes, and has no signature beside it. */
async function documentNames(paths: DossierPaths): Promise<string[]> {
  try {
    const entries = await readdir(paths.documents, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && !/^\.|\.(?:asc|p7s)(?:\.tsr)?$/.test(entry.name))
      .map(({ name }) => name)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return []
    throw cause
  }
}

/**
 * A signed document of the dossier by its digest, with everyone in the contract in force whose signature over
 * it is good; nobody is no error here. Throws `not-found`, `document-invalid`, `signature-invalid` for a
 * broken signature.
 */
export async function signedDocument<K extends DocumentKind>(
  dossier: Dossier,
  kind: K,
  sha256: Sha256,
): Promise<{
  readonly document: Documents[K]
  readonly sha256: Sha256
  readonly signers: readonly Fingerprint[]
}> {
  const found = await findDocument(dossier.paths, sha256)
  if (found === undefined) throw notStored(kind, sha256)
  const { name, bytes, signatures } = found
  const { terms } = dossier
  const signed = await goodSignatures(name, bytes, signatures, allKeys(terms), authoritiesOf(terms))
  return {
    document: readDocument(kind, bytes),
    sha256,
    signers: signed.map(({ fingerprint }) => fingerprint),
  }
}

/** A document of the dossier by its digest, whatever it is; throws `not-found`. */
export async function storedDocument(paths: DossierPaths, sha256: Sha256): Promise<StoredDocument> {
  const found = await findDocument(paths, sha256)
  if (found === undefined) throw notStored('document', sha256)
  return found
}

/** That `documents/` does not hold what the ledger rests on. */
export function notStored(what: string, sha256: Sha256): RestituteError {
  return new RestituteError(
    'not-found',
    `documents: expected the ${what} with the digest ${sha256}, got none`,
    {
      details: { sha256 },
    },
  )
}
