import { manifestFindings } from './package/manifest.ts'
import { type Trust, verdictOf } from './report.ts'
import { type DocumentReport, type SignedBytes, verifySignedDocument } from './verify-document.ts'

/** Checks a manifest whose package may be gone: form, signatures, and that it does not contradict itself. */
export async function verifyManifest(
  o: SignedBytes & { readonly trust: Trust },
): Promise<DocumentReport<'manifest'>> {
  const report = await verifySignedDocument({ ...o, kind: 'manifest' })
  if (report.document === undefined) return report
  const findings = [...report.findings, ...manifestFindings(report.document)]
  return { ...report, findings, verdict: verdictOf(findings), checked: [...report.checked, 'its totals'] }
}
