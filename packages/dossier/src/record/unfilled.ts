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
