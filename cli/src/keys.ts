import { asRestituteError, RestituteError, systemCode } from '@restitute/core'
import { type PrivateKey, type PublicKey, readPrivateKey, readPublicKey } from '@restitute/seal'
import { keyFileBytes } from './file-bytes.ts'
import { inFile } from './in-file.ts'

/** Reads a private key file, unlocking it when it is locked. Errors: `key-missing`, `passphrase-wrong`. */
export async function loadPrivateKey(
  path: string,
  passphrase: (label: string) => Promise<string>,
): Promise<PrivateKey> {
  const bytes = await keyBytes(path)
  return readPrivateKey(bytes, () => passphrase(path)).catch((thrown: unknown) => {
    throw inFile(path, asRestituteError(thrown))
  })
}

/** Reads a public key file. Errors: `key-missing`, `key-unfit`. */
export async function loadPublicKey(path: string): Promise<PublicKey> {
  const bytes = await keyBytes(path)
  return readPublicKey(bytes).catch((thrown: unknown) => {
    throw inFile(path, asRestituteError(thrown))
  })
}

/** Reads a file of X.509 certificates, PEM or DER. Errors: `key-missing`, `key-unfit`. */
export async function loadCertificates(path: string): Promise<Uint8Array> {
  const bytes = await keyFileBytes(path).catch((cause: unknown) => {
    const why = systemCode(cause) ?? 'unknown reason'
    throw new RestituteError('key-missing', `cannot read the certificate ${path} (${why})`, { cause })
  })
  const { readTrustFile } = await import('@restitute/seal/x509')
  readTrustFile(bytes)
  return bytes
}

async function keyBytes(path: string): Promise<Uint8Array> {
  return keyFileBytes(path).catch((cause: unknown) => {
    throw new RestituteError(
      'key-missing',
      `cannot read the key file ${path} (${systemCode(cause) ?? 'unknown reason'})`,
      { cause },
    )
  })
}
