import type { Destination } from '@restitute/core'
import type { Manifest, Sha256 } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from '@restitute/seal'
export async function sealPackage(_o: {
  destination: Destination
  manifest: Omit<Manifest, 'files'>
  signer: PrivateKey
  hostKeys: readonly PublicKey[]
  at: Date
  language: 'fr' | 'en'
}): Promise<{ manifest: Manifest; sha256: Sha256 }> {
  throw new Error('todo')
}
