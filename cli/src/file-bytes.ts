import { createReadStream } from 'node:fs'
import { asRestituteError, RestituteError, systemCode } from '@restitute/core'
import { maxDocumentBytes, readBounded } from '@restitute/dossier'

const longestKey = 4 * 1024 * 1024

/**
 * The bytes of a document that somebody handed over. Throws `not-found`, also for what is no regular file (a pipe would hang
 * the reader), and `hostile-input` for one without end.
 */
export async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readBounded(path, maxDocumentBytes)
  } catch (thrown) {
    const error = asRestituteError(thrown)
    const why = systemCode(error.cause)
    throw why === undefined
      ? error
      : new RestituteError('not-found', `cannot read ${path} (${why})`, { cause: thrown })
  }
}

/** The beginning of a file of keys or certificates, which may be a pipe: of one without end, more than any of them has. */
export async function keyFileBytes(path: string): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(createReadStream(path, { end: longestKey })))
}
