import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { signatureFiles } from '@restitute/dossier'
import { type PrivateKey, signDetached } from '@restitute/seal'
import type { SignedBytes } from '@restitute/verify'
import { fileBytes } from './file-bytes.ts'
import { openFolder, writeNew, writeOver } from './new-file.ts'

/** Where a signed document lies. */
export interface SignedFile {
  readonly path: string
  readonly signature: string
}

/**
 * Writes a document and one detached signature beside it: `<stem>.json` and `<stem>.json.<fingerprint>.asc`. Where that
 * name is taken, `<stem>-2.json` and so on: what was signed before is never written over. Throws `destination-failed`, and leaves
 * neither then.
 */
export async function signDocument(options: {
  readonly folder: string
  readonly stem: string
  readonly bytes: Uint8Array
  readonly key: PrivateKey
  readonly at: Date
}): Promise<SignedFile> {
  const { armored } = await signDetached(options.bytes, options.key, options.at)
  const path = await writeUnsigned(options.folder, options.stem, options.bytes)
  const signature = `${path}.${options.key.fingerprint}.asc`
  await writeOver(signature, armored).catch(async (thrown: unknown) => {
    await rm(path, { force: true }).catch(() => {})
    throw thrown
  })
  return { path, signature }
}

/** Writes a document that is to be signed elsewhere, under the name that {@link signDocument} would give it; its path. */
export async function writeUnsigned(folder: string, stem: string, bytes: Uint8Array): Promise<string> {
  await openFolder(folder)
  const path = freeName(folder, stem)
  await writeNew(path, bytes)
  return path
}

function freeName(folder: string, stem: string, count = 1): string {
  const path = join(folder, `${stem}${count === 1 ? '' : `-${count}`}.json`)
  return existsSync(path) ? freeName(folder, stem, count + 1) : path
}

/**
 * Adds one person's detached signature to a file that lies there; an earlier one of that person is replaced, and
 * its time stamp with it, once the new one is whole: a disk that is full costs nobody a signature. Throws `destination-failed`.
 */
export async function addSignature(
  path: string,
  bytes: Uint8Array,
  key: PrivateKey,
  at: Date,
): Promise<string> {
  const { armored } = await signDetached(bytes, key, at)
  const signature = `${path}.${key.fingerprint}.asc`
  await writeOver(signature, armored, () => rm(`${signature}.tsr`, { force: true }))
  return signature
}

/**
 * A file with every signature file beside it, and the time stamps beside those. Whoever handed them over may have made them
 * without end, or no files at all: throws `hostile-input`, `not-found`.
 */
export async function readSigned(path: string): Promise<SignedBytes> {
  const bytes = await fileBytes(path)
  return { name: basename(path), bytes, signatures: await signatureFiles(path) }
}
