import { asRestituteError } from '@restitute/core'
import type { KeySource } from './key-files.ts'
import type { ContractProblem } from './problems.ts'

/** The files of X.509 certificates and revocation lists that a contract names, read as it names them. */
export class TrustFiles {
  readonly #files = new Map<string, Uint8Array>()
  readonly #source: KeySource

  constructor(source: KeySource) {
    this.#source = source
  }

  /** Those read so far, by their path in the contract. */
  get files(): ReadonlyMap<string, Uint8Array> {
    return this.#files
  }

  /** The bytes of a file that holds certificates, or revocation lists; a problem is added when it does not. */
  async read(
    part: 'certificate' | 'crl',
    path: string,
    pointer: string,
    problems: ContractProblem[],
  ): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#source(path)
      const { readTrustFile } = await import('@restitute/seal/x509')
      const { certificates, lists } = readTrustFile(bytes)
      this.#files.set(path, bytes)
      if ((part === 'crl' ? lists : certificates).length > 0) return bytes
      const expected = part === 'crl' ? 'a revocation list' : 'a certificate'
      problems.push({ pointer, message: `expected ${expected} as PEM or DER` })
    } catch (thrown) {
      problems.push({ pointer, message: asRestituteError(thrown).message })
    }
    return undefined
  }
}
