import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { type PrivateKey, signDetached } from '@restitute/seal'
import type { SignedBytes } from '@restitute/verify'

/** Where a signed document lies. */
export interface SignedFile {
  readonly path: string
  readonly signature: string
}

/** Writes a document and one detached signature beside it: `<name>` and `<name>.<fingerprint>.asc`. */
export async function signDocument(options: {
  readonly folder: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly key: PrivateKey
  readonly at: Date
}): Promise<SignedFile> {
  const path = join(options.folder, options.name)
  await mkdir(options.folder, { recursive: true })
  await writeFile(path, options.bytes, { flush: true })
  return { path, signature: await addSignature(path, options.bytes, options.key, options.at) }
}

/** Adds one person's detached signature to a file that lies there; an earlier one of that person is replaced. */
export async function addSignature(
  path: string,
  bytes: Uint8Array,
  key: PrivateKey,
  at: Date,
): Promise<string> {
  const { armored } = await signDetached(bytes, key, at)
  const signature = `${path}.${key.fingerprint}.asc`
  await writeFile(signature, armored, { flush: true })
  return signature
}

/** A file with every signature file beside it. */
export async function readSigned(path: string): Promise<SignedBytes> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new RestituteError('not-found', `cannot read ${path} (${systemCode(cause) ?? 'unknown reason'})`, {
      cause,
    })
  })
  const name = basename(path)
  const names = (await readdir(dirname(path)))
    .filter((n) => n.startsWith(`${name}.`) && n.endsWith('.asc'))
    .sort()
  const signatures = await Promise.all(
    names.map(async (n) => ({ name: n, bytes: await readFile(join(dirname(path), n)) })),
  )
  return { name, bytes, signatures }
}
