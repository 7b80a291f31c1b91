import { createHash } from 'node:crypto'

/** A fingerprint short enough to be typed (R35), `3f2a-9c1b-77de`, out of a SHA-256 (hexadecimal). */
export function shortFingerprint(digest: string): string {
  return [digest.slice(0, 4), digest.slice(4, 8), digest.slice(8, 12)].join('-')
}

/** That of a system, out of all that tells it from others. */
export function fingerprintOfIdentity(identity: string | Uint8Array): string {
  return shortFingerprint(createHash('sha256').update(identity).digest('hex'))
}
