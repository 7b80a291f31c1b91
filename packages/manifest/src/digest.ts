import { createHash } from 'node:crypto'
import type { Sha256 } from './documents/common.ts'

/** SHA-256 of bytes, or of a string's UTF-8, in lower-case hexadecimal. */
export function sha256Hex(data: Uint8Array | string): Sha256 {
  return createHash('sha256').update(data).digest('hex')
}
