import {
  type Finding,
  type Report,
  type SignedBytes,
  type Trust,
  verdictOf,
  verifySignedDocument,
} from '@restitute/verify'

/**
 * A certificate stands by the signature of its verifier. Whoever else of the two parties has signed it (the executor, who
 * validates, the client) concurs (R39; NIST SP 800-88 keeps validation apart from verification): they are named, and a
 * signature of theirs that is not good is a finding.
 */
export async function withConcurring(report: Report, signed: SignedBytes, trust: Trust): Promise<Report> {
  const wider = await verifySignedDocument({ ...signed, kind: 'certificate', trust })
  const known = new Set(report.signers.map(({ fingerprint }) => fingerprint))
  const others = wider.signers.filter(({ fingerprint }) => !known.has(fingerprint))
  const kept = report.findings.filter(
    (one) => one.code !== 'signature-extra' || wider.findings.some(sameAs(one)),
  )
  const added = wider.findings.filter((one) => !report.findings.some(sameAs(one)))
  const findings = [...kept, ...added]
  return {
    ...report,
    verdict: report.verdict === 'could-not-check' ? report.verdict : verdictOf(findings),
    signers: [...report.signers, ...others],
    findings,
    checked: [
      ...report.checked,
      ...others.map(({ name, fingerprint }) => `that ${name ?? fingerprint} has signed it too and concurs`),
    ],
  }
}

function sameAs(a: Finding): (b: Finding) => boolean {
  return (b) => a.code === b.code && a.subject === b.subject
}
