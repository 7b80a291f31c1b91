import { counted, type Json, shellWord } from '@restitute/core'
import { type Contract, documentBytes, type Receipt, type ReceiptForm } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { printableReceipt, printableUnsigned } from '../printable.ts'
import type { Outcome, Session } from '../session.ts'
import { signDocument, writeUnsigned } from '../signed-files.ts'

/** Where a receipt goes, and how its pages look. */
export interface ReceiptPlace {
  readonly out: string
  /** Edition of the HDS référentiel that the pages name. */
  readonly profile: Contract['profile']
}

/** Writes a receipt, its signature and its pages. */
export async function writeSigned(
  { clock }: Session,
  { out, profile }: ReceiptPlace,
  receipt: Receipt,
  key: PrivateKey,
): Promise<Outcome> {
  const at = clock.now()
  const bytes = documentBytes('receipt', receipt)
  const file = await signDocument({
    folder: out,
    stem: `receipt-${receipt.operation}`,
    bytes,
    key,
    at,
  })
  const printable = { file, bytes, signedAt: at, signer: key.publicKey.userId, profile }
  const pages = await printableReceipt(printable, receipt)
  return {
    exit: 0,
    json: { receipt: file.path, signature: file.signature, pages, ...answerJson(receipt) },
    lines: [
      ...summaryLines(receipt, file.path),
      `signature  ${file.signature}`,
      ...pages.map((page) => `page       ${page}`),
    ],
  }
}

/** Writes a receipt and its pages, to be signed elsewhere; until then it binds nobody. */
export async function writeForSigning(
  { out, profile }: ReceiptPlace,
  receipt: Receipt,
  form: Exclude<ReceiptForm, 'openpgp'>,
): Promise<Outcome> {
  const bytes = documentBytes('receipt', receipt)
  const path = await writeUnsigned(out, `receipt-${receipt.operation}`, bytes)
  const pages = await printableUnsigned({ path, bytes, profile, form }, receipt)
  const file = shellWord(path)
  const next =
    form === 'x509'
      ? `NOT SIGNED YET: openssl cms -sign -binary -in ${file} -signer <certificate> -inkey <key> -outform PEM -out ${shellWord(`${path}.p7s`)}`
      : 'NOT SIGNED YET: print a page, sign it by hand, and send the host its scan with the receipt'
  return {
    exit: 0,
    json: { receipt: path, form, pages, ...answerJson(receipt) },
    lines: [...summaryLines(receipt, path), ...pages.map((page) => `page       ${page}`), next],
  }
}

function answerJson({ decision, consent }: Receipt): Record<string, Json> {
  return { decision, consent: consent.destruction, lossesAccepted: consent.accepts.length }
}

function summaryLines(receipt: Receipt, path: string): string[] {
  const accepts = receipt.consent.accepts.length
  return [
    `decision: ${receipt.decision}`,
    receipt.consent.destruction
      ? `consent to destruction: yes${accepts > 0 ? `, ${counted(accepts, 'undelivered item')} listed` : ''}`
      : 'consent to destruction: no',
    `receipt    ${path}`,
  ]
}
