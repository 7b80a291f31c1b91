import { type Json, RestituteError } from '@restitute/core'
import { parseJson } from '@restitute/manifest'
import { unfilled } from '../contract/cross-checks.ts'

/** Whether a file says that it is one of our documents; a letter, or anything else, does not. */
export function isOurs(bytes: Uint8Array): boolean {
  return /"schema":"restitute\/[a-z]+\/v\d+"/.test(Buffer.from(bytes).toString('utf8'))
}

/** Throws `document-invalid` for one of our documents of which something is still to be filled in. */
export function refuseUnfilled(name: string, bytes: Uint8Array): void {
  const [first] = unfilled(parseJson(bytes) as Json)
  if (first === undefined) return
  const { pointer, message } = first
  throw new RestituteError('document-invalid', `${name}: ${pointer}: ${message}`, { details: { pointer } })
}

/**
 * One of our documents that an editor or another program has laid out anew; undefined for anything else. It is no longer
 * what was drawn up, byte for byte, and would pass for a letter, of which nothing is read.
 */
export function laidOutAnew(bytes: Uint8Array): { readonly [name: string]: Json } | undefined {
  if (isOurs(bytes)) return undefined
  const value = attempt(
    () =>
      JSON.parse(
        Buffer.from(bytes)
          .toString('utf8')
          .replace(/^\ufeff/, ''),
      ) as Json,
  )
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const document = value as { readonly [name: string]: Json }
  const { schema } = document
  return typeof schema === 'string' && /^restitute\/[a-z]+\/v\d+$/.test(schema) ? document : undefined
}

/** Throws `document-invalid` for one of our documents that was laid out anew. */
export function refuseLaidOutAnew(name: string, bytes: Uint8Array): void {
  if (laidOutAnew(bytes) === undefined) return
  throw new RestituteError(
    'document-invalid',
    `${name}: it is one of our documents, but no longer one line of canonical JSON`,
    {
      hint: 'take the file as it was drawn up: an editor or a mail program may have changed how it is laid out; else draw it up and sign it anew',
    },
  )
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
