import type { Contract, Sha256 } from '@restitute/manifest'
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
  const found = await fingerprintsIn(certificate)
  const problem = otherCertificate(found, timestamp.fingerprint)
  if (problem !== undefined) return { problems: [{ pointer: '/timestamp/certificate', message: problem }] }
  const [fingerprint = ''] = found
  return { authority: { url, certificate, fingerprint, ...(crl === undefined ? {} : { crl }) }, problems }
}

async function fingerprintsIn(file: Uint8Array): Promise<Sha256[]> {
  const { fingerprintOf, readTrustFile } = await import('@restitute/seal/x509')
  return readTrustFile(file).certificates.map(fingerprintOf)
}

/** The parties sign the fingerprint, not the file: every certificate in it would be believed. */
function otherCertificate(found: readonly Sha256[], named: Sha256 | undefined): string | undefined {
  if (named === undefined || (found.length === 1 && found[0] === named)) return undefined
  if (found.length > 1) return `expected exactly one certificate, got ${found.length}`
  return `the file holds another certificate: expected ${named}, got ${found[0] ?? 'none'}`
}
