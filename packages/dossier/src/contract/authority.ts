import { asRestituteError } from '@restitute/core'
import type { Contract } from '@restitute/manifest'
import { readCertificates } from '@restitute/seal'
import type { KeySource } from './key-files.ts'
import type { TimestampAuthority } from './loaded.ts'
import type { ContractProblem } from './problems.ts'

/** The authority of a contract, or what is wrong with it; neither when the contract names none. */
export interface AuthorityReading {
  readonly authority?: TimestampAuthority
  readonly problems: readonly ContractProblem[]
}

/** Reads the root certificate of the time-stamping authority that a contract names. */
export async function readAuthority({ timestamp }: Contract, source: KeySource): Promise<AuthorityReading> {
  if (timestamp === undefined) return { problems: [] }
  try {
    const certificate = await source(timestamp.certificate)
    readCertificates(certificate)
    return { authority: { url: timestamp.url, certificate }, problems: [] }
  } catch (thrown) {
    const { message } = asRestituteError(thrown)
    return { problems: [{ pointer: '/timestamp/certificate', message }] }
  }
}
