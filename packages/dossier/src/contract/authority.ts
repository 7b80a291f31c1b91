import { asRestituteError } from '@restitute/core'
import type { Contract } from '@restitute/manifest'
import { readTrustFile } from '@restitute/seal'
import type { KeySource } from './key-files.ts'
import type { TimestampAuthority } from './loaded.ts'
import type { ContractProblem } from './problems.ts'

/** The authority of a contract, or what is wrong with it; neither when the contract names none. */
export interface AuthorityReading {
  readonly authority?: TimestampAuthority
  readonly problems: readonly ContractProblem[]
}

/** Reads root certificate and revocation list of the time-stamping authority that a contract names. */
export async function readAuthority({ timestamp }: Contract, source: KeySource): Promise<AuthorityReading> {
  if (timestamp === undefined) return { problems: [] }
  const problems: ContractProblem[] = []
  const certificate = await readPart('certificate', timestamp.certificate, source, problems)
  const crl = timestamp.crl === undefined ? undefined : await readPart('crl', timestamp.crl, source, problems)
  if (certificate === undefined || problems.length > 0) return { problems }
  const { url } = timestamp
  return { authority: { url, certificate, ...(crl === undefined ? {} : { crl }) }, problems }
}

async function readPart(
  part: 'certificate' | 'crl',
  path: string,
  source: KeySource,
  problems: ContractProblem[],
): Promise<Uint8Array | undefined> {
  const pointer = `/timestamp/${part}`
  try {
    const bytes = await source(path)
    const { certificates, lists } = readTrustFile(bytes)
    if ((part === 'crl' ? lists : certificates).length > 0) return bytes
    const expected = part === 'crl' ? 'a revocation list' : 'a certificate'
    problems.push({ pointer, message: `expected ${expected} as PEM or DER` })
  } catch (thrown) {
    problems.push({ pointer, message: asRestituteError(thrown).message })
  }
  return undefined
}
