import { type Manifest, type Receipt, type Sha256, sha256Hex } from '@restitute/manifest'
import { type Finding, finding } from './findings.ts'

/** A manifest with the digest of its bytes. */
export interface KnownManifest {
  readonly manifest: Manifest
  readonly sha256: Sha256
}

/**
 * Whether a receipt quotes the right salt of every index of its packages: whoever does could decrypt them. One that
 * refuses may lack salts, since what could not be decrypted has none to quote.
 * Packages whose manifest is not given are passed over.
 */
export function receiptSaltFindings(receipt: Receipt, manifests: readonly KnownManifest[]): Finding[] {
  return receipt.packages.flatMap(({ package: name, manifestSha256, salts }) => {
    const known = manifests.find(({ sha256 }) => sha256 === manifestSha256)
    return (known?.manifest.indexes ?? []).flatMap((index) => {
      const salt = salts[index.name]
      const got = salt === undefined ? 'nothing' : sha256Hex(Buffer.from(salt, 'hex'))
      if (got === index.saltSha256 || (salt === undefined && receipt.decision === 'refused')) return []
      const compared = { expected: index.saltSha256, got }
      return [
        finding('salt-differs', `${name}/${index.name}`, 'the receipt does not quote its salt', compared),
      ]
    })
  })
}
