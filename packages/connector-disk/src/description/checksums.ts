/** What an OVF manifest (.mf) promises of a file. */
export interface Checksum {
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  /** Hexadecimal. */
  readonly digest: string
}

const line = /^(SHA1|SHA256|SHA512)\s?\(([^()]+)\)\s?=\s?([0-9a-f]+)\s*$/i

/** The promises of a manifest by file name (DMTF DSP0243 §8); a line that makes no sense gives nothing. */
export function readChecksums(bytes: Uint8Array): ReadonlyMap<string, Checksum> {
  const found = new Map<string, Checksum>()
  for (const one of Buffer.from(bytes).toString('utf8').split(/\r?\n/)) {
    const [, algorithm = '', name, digest = ''] = line.exec(one) ?? []
    if (name === undefined) continue
    found.set(name, {
      algorithm: algorithm.toLowerCase() as Checksum['algorithm'],
      digest: digest.toLowerCase(),
    })
  }
  return found
}
