import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Authority, type AuthorityOptions, makeAuthority, openssl } from './tsa.ts'

/** Extensions of the certificate of somebody who signs documents. */
export const signerExtensions: readonly string[] = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature,nonRepudiation',
  'extendedKeyUsage=emailProtection',
]

const day = 86_400_000

/** An authority and one certificate below it, for a person who signs documents: from 200 days ago until tomorrow. */
export function makeSigner(o: AuthorityOptions = {}): Authority {
  return makeAuthority({ from: new Date(Date.now() - 200 * day), extensions: signerExtensions, ...o })
}

/** A detached signature by `leaf` as `openssl cms -sign` makes it; `options`: further ones, or others in their place. */
export function cmsSign(
  folder: string,
  data: Uint8Array,
  options: readonly string[] = ['-binary', '-outform', 'PEM', '-certfile', 'chain.crt'],
): Uint8Array {
  writeFileSync(join(folder, 'data'), data)
  const signer = ['-signer', 'leaf.crt', '-inkey', 'leaf.key', '-md', 'sha256']
  openssl(folder, 'cms', '-sign', '-in', 'data', ...signer, ...options, '-out', 'data.p7s')
  return readFileSync(join(folder, 'data.p7s'))
}

/** SHA-256 of a certificate file of an authority, lower-case hexadecimal. */
export function certificateFingerprint(folder: string, name: 'leaf' | 'root'): string {
  const printed = openssl(
    folder,
    'x509',
    '-in',
    `${name}.crt`,
    '-noout',
    '-fingerprint',
    '-sha256',
  ).toString()
  return (printed.split('=')[1] ?? '').trim().replaceAll(':', '').toLowerCase()
}
