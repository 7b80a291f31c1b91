import type { Contract } from '@restitute/manifest'
import type { TimestampAuthority } from './loaded.ts'
import type { ContractProblem } from './problems.ts'
import type { TrustFiles } from './trust-files.ts'

/** The authority of a contract, or what is wrong with it; neither when the contract names none. */
export interface AuthorityReading {
  readonly authority?: TimestampAuthority
  readonly problems: readonly ContractProblem[]
}

/** Reads root certificate and revocation list of the time-stamping authority that a contract names. */
export async function readAuthority({ timestamp }: Contract, files: TrustFiles): Promise<AuthorityReading> {
  if (timestamp === undefined) return { problems: [] }
  const problems: ContractProblem[] = []
  const certificate = await files.read(
    'certificate',
    timestamp.certificate,
    '/timestamp/certificate',
    problems,
  )
  const crl =
    timestamp.crl === undefined
      ? undefined
      : await files.read('crl', timestamp.crl, '/timestamp/crl', problems)
  if (certificate === undefined || problems.length > 0) return { problems }
  const { url } = timestamp
  return { authority: { url, certificate, ...(crl === undefined ? {} : { crl }) }, problems }
}
