import { constants, existsSync } from 'node:fs'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { signatureFiles } from '@restitute/dossier'
import { type PrivateKey, signDetached } from '@restitute/seal'
import type { SignedBytes } from '@restitute/verify'
import { fileBytes } from './file-bytes.ts'
import { notWritten } from './new-file.ts'

/** Where a signed document lies. */
export interface SignedFile {
  readonly path: string
  readonly signature: string
}

/**
 * Writes a document and one detached signature beside it: `<stem>.json` and `<stem>.json.<fingerprint>.asc`. Where that
 * name is taken, `<stem>-2.json` and so on: what was signed before is never written over.
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
  await written(signature, writeFile(signature, armored, { flush: true }))
  return { path, signature }
}

/** Makes sure that documents can be written there, before what takes long; throws `destination-failed`. */
export async function openFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    const why = systemCode(cause) ?? 'unknown reason'
    throw new RestituteError('destination-failed', `cannot write to ${folder}: ${why}`, {
      cause,
      hint: 'name a folder that can be written to with --out',
    })
  }
}

async function written<T>(path: string, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw notWritten(path, cause)
  })
}

/** Writes a document that is to be signed elsewhere, under the name that {@link signDocument} would give it; its path. */
export async function writeUnsigned(folder: string, stem: string, bytes: Uint8Array): Promise<string> {
  await openFolder(folder)
  const path = freeName(folder, stem)
  await written(path, writeFile(path, bytes, { flush: true, flag: 'wx' }))
  return path
}

function freeName(folder: string, stem: string, count = 1): string {
  const path = join(folder, `${stem}${count === 1 ? '' : `-${count}`}.json`)
  return existsSync(path) ? freeName(folder, stem, count + 1) : path
}

/**
 * Adds one person's detached signature to a file that lies there; an earlier one of that person is replaced, and
 * its time stamp with it.
 */
export async function addSignature(
  path: string,
  bytes: Uint8Array,
  key: PrivateKey,
  at: Date,
): Promise<string> {
  const { armored } = await signDetached(bytes, key, at)
  const signature = `${path}.${key.fingerprint}.asc`
  await written(signature, rm(`${signature}.tsr`, { force: true }))
  await written(signature, writeFile(signature, armored, { flush: true }))
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
