import type { Fingerprint } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Dossier } from '../dossier.ts'

/** A challenge for one recipient key: they prove that they can decrypt by sending back what is inside (R26). */
export interface Challenge {
  readonly recipient: Fingerprint
  /** Armored OpenPGP message to that key. */
  readonly message: string
}

export async function sendChallenges(_o: {
  readonly dossier: Dossier
  readonly key: PrivateKey
  readonly at: Date
}): Promise<readonly Challenge[]> {
  throw new Error('todo')
}
