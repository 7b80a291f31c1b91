import type { Contract, ReceiptForm, X509Terms } from '@restitute/manifest'
import type { SigningAnchor } from '@restitute/seal/x509'
import type { ContractProblem } from './problems.ts'
import type { TrustFiles } from './trust-files.ts'

/** The forms of receipt that a contract accepts (R30): OpenPGP alone where it does not say. */
export function receiptForms({ receipts }: Contract): readonly ReceiptForm[] {
  return receipts?.accepted ?? ['openpgp']
}

/** Who signs for the client by X.509, or what is wrong with the certificates; nobody where the contract names none. */
export interface ReceiptSigners {
  readonly receiptSigners: readonly SigningAnchor[]
  readonly problems: readonly ContractProblem[]
}

/** Reads the certificates, and revocation lists, of those who sign receipts by X.509. */
export async function readReceiptSigners({ receipts }: Contract, files: TrustFiles): Promise<ReceiptSigners> {
  const problems: ContractProblem[] = []
  const receiptSigners: SigningAnchor[] = []
  for (const [i, terms] of (receipts?.x509 ?? []).entries()) {
    const anchor = await readAnchor(terms, `/receipts/x509/${i}`, files, problems)
    if (anchor !== undefined) receiptSigners.push(anchor)
  }
  return { receiptSigners, problems }
}

async function readAnchor(
  { certificate: path, fingerprint, subject, crl: list }: X509Terms,
  pointer: string,
  files: TrustFiles,
  problems: ContractProblem[],
): Promise<SigningAnchor | undefined> {
  const at = `${pointer}/certificate`
  const certificate = await files.read('certificate', path, at, problems)
  const crl = list === undefined ? undefined : await files.read('crl', list, `${pointer}/crl`, problems)
  if (certificate === undefined) return undefined
  const anchor = { certificate, ...(subject && { subject }), ...(crl && { crl }) }
  const { anchorProblem } = await import('@restitute/seal/x509')
  const problem = anchorProblem(anchor, fingerprint)
  if (problem !== undefined) problems.push({ pointer: at, message: problem })
  return anchor
}
