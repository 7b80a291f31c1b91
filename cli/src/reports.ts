import type { Json } from '@restitute/core'
import { exitOf, type Finding, type Report } from '@restitute/verify'
import type { Outcome } from './session.ts'
import { visibleLine } from './visible.ts'

/** A verification as a result: verdict first, then findings by weight, then what was and was not checked. */
export function reportOutcome(subject: string, report: Report): Outcome {
  return {
    exit: exitOf(report),
    json: { subject, ...reportJson(report) },
    lines: reportLines(subject, report),
  }
}

/** The report as one JSON object. */
export function reportJson(report: Report): { readonly [key: string]: Json } {
  const { kind, verdict, signers, findings, checked, notChecked } = report
  return {
    kind,
    verdict,
    signers: signers.map((s) => ({ ...s })),
    findings: findings.map((f) => ({ ...f })),
    checked,
    notChecked,
  }
}

/** The report for people. */
export function reportLines(subject: string, report: Report): string[] {
  return [
    `${verdictWords[report.verdict]}  ${report.kind} ${subject}`,
    ...report.signers.map(
      (s) => `  signed by ${s.name ?? 'unnamed'} ${s.x509 ? 'X.509 ' : ''}${s.fingerprint} at ${s.signedAt}`,
    ),
    ...[...report.findings].sort((a, b) => weight(a) - weight(b)).map(findingLine),
    ...report.checked.map((line) => `  checked: ${line}`),
    ...report.notChecked.map((line) => `  not checked: ${line}`),
  ].map(visibleLine)
}

const verdictWords = {
  valid: 'VALID',
  invalid: 'INVALID',
  'origin-unknown': 'ORIGIN NOT ESTABLISHED',
  'could-not-check': 'COULD NOT CHECK',
} as const

function weight(finding: Finding): number {
  return ['error', 'warning', 'info'].indexOf(finding.severity)
}

function findingLine(f: Finding): string {
  const compared = [
    ...(f.expected === undefined ? [] : [`expected ${f.expected}`]),
    ...(f.got === undefined ? [] : [`got ${f.got}`]),
  ]
  return `  ${f.severity} ${f.code}: ${f.subject}: ${f.message}${compared.length > 0 ? ` (${compared.join(', ')})` : ''}`
}
