import type { Receipt } from '@restitute/manifest'
import { type Finding, finding } from './findings.ts'
import { type ManifestBytes, readManifests } from './known-manifests.ts'
import { type KnownManifest, receiptSaltFindings } from './receipt-salts.ts'
import { type Trust, verdictOf } from './report.ts'
import { type DocumentReport, type SignedBytes, verifySignedDocument } from './verify-document.ts'

/**
 * Checks a receipt: signatures, and against the manifests given that it is bound to that delivery and quotes the salts
 * that only who could decrypt has read. Never throws for what is wrong with it.
 */
export async function verifyReceipt(
  o: SignedBytes & { readonly trust: Trust; readonly manifests?: readonly ManifestBytes[] },
): Promise<DocumentReport<'receipt'>> {
  const own = await verifySignedDocument({ ...o, kind: 'receipt' })
  const { document } = own
  if (document === undefined) return own
  const { manifests, findings: unreadable } = readManifests(o.manifests ?? [])
  const findings = [
    ...own.findings,
    ...unreadable,
    ...manifests.flatMap((known) => bindingFindings(document, known)),
    ...receiptSaltFindings(document, manifests),
  ]
  const absent = document.packages.filter(
    (named) => !manifests.some(({ sha256 }) => sha256 === named.manifestSha256),
  )
  return {
    ...own,
    findings,
    verdict: verdictOf(findings),
    checked: [...own.checked, ...(manifests.length > 0 ? ['the delivery: digests and salts'] : [])],
    notChecked: [
      ...own.notChecked,
      ...absent.map(
        (named) => `package ${named.package} was not given: its digest and salts are not checked`,
      ),
    ],
  }
}

function bindingFindings(receipt: Receipt, { manifest, sha256 }: KnownManifest): Finding[] {
  const expected = `${receipt.contract.reference}, ${receipt.operation}`
  const got = `${manifest.contract.reference}, ${manifest.operation}`
  return [
    ...(receipt.packages.some((named) => named.manifestSha256 === sha256)
      ? []
      : [
          finding('delivery-differs', manifest.package, 'the receipt is bound to another delivery', {
            expected: receipt.packages.map((named) => `${named.package} ${named.manifestSha256}`).join(', '),
            got: sha256,
          }),
        ]),
    ...(expected === got
      ? []
      : [
          finding('contract-differs', manifest.package, 'speaks of another contract or operation', {
            expected,
            got,
          }),
        ]),
  ]
}
