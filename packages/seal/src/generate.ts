import type { Fingerprint } from '@restitute/manifest'

/** A new key pair, armored. */
export interface GeneratedKey {
  readonly fingerprint: Fingerprint
  readonly publicKey: string
  readonly privateKey: string
  /** Revocation certificate: publishing it ends the key. */
  readonly revocation: string
}

export async function generateKey(_o: {
  name: string
  email: string
  passphrase?: string
  at: Date
  expiresInSeconds?: number
}): Promise<GeneratedKey> {
  throw new Error('todo')
}
