import { readFile } from 'node:fs/promises'
import { RestituteError, systemCode } from '@restitute/core'
import { type PrivateKey, type PublicKey, readPrivateKey, readPublicKey } from '@restitute/seal'

/** Reads a private key file, unlocking it when it is locked. Errors: `key-missing`, `passphrase-wrong`. */
export async function loadPrivateKey(
  path: string,
  passphrase: (label: string) => Promise<string>,
): Promise<PrivateKey> {
  return readPrivateKey(await keyBytes(path), () => passphrase(path))
}

/** Reads a public key file. Errors: `key-missing`, `key-unfit`. */
export async function loadPublicKey(path: string): Promise<PublicKey> {
  return readPublicKey(await keyBytes(path))
}

async function keyBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new RestituteError(
      'key-missing',
      `cannot read the key file ${path} (${systemCode(cause) ?? 'unknown reason'})`,
      {
        cause,
        hint: 'restitute keygen makes a key pair',
      },
    )
  })
}
