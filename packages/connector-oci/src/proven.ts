import { createHash } from 'node:crypto'
import { algorithmOf, hexOf } from './names.ts'

/** Digests of bytes in memory. */
export const provenBytes = {
  /** SHA-256, as content is addressed. */
  digest: (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  /** Whether the bytes have the digest. */
  have: (bytes: Uint8Array, digest: string): boolean =>
    createHash(algorithmOf(digest)).update(bytes).digest('hex') === hexOf(digest),
} as const
