import { randomUUID } from 'node:crypto'
import type { Package } from '@restitute/archive'
import { isoTime, RestituteError } from '@restitute/core'
import type { Receipt, ReceiptSource } from '@restitute/manifest'
import type { DeliverySummary } from '@restitute/run'
import type { Report } from '@restitute/verify'
import type { Session } from '../session.ts'

/** What a client answers to a delivery. */
export interface Answer {
  readonly decision: Receipt['decision']
  readonly reservations: readonly string[]
  readonly consentDestruction: boolean
  /** Sources that the client restored and tried. */
  readonly tried: readonly string[]
  readonly documentation: boolean
  readonly clientBackup: boolean
  readonly function?: string
}

/** What the packages of a delivery were found to be. */
export interface Checked {
  readonly packages: readonly Package[]
  readonly reports: readonly Report[]
  readonly summary: DeliverySummary
}

/** The receipt that says this answer to what was checked, by this signer. Throws `usage` without a package. */
export function receiptOf(
  { clock }: Session,
  answer: Answer,
  { packages, reports, summary }: Checked,
  signer: string,
): Receipt {
  const newest = packages.at(-1)?.manifest
  if (newest === undefined) throw new RestituteError('usage', 'expected at least one package')
  return {
    schema: 'restitute/receipt/v1',
    id: randomUUID(),
    createdAt: isoTime(clock.now()),
    contract: newest.contract,
    operation: newest.operation,
    ...(newest.demonstration ? { demonstration: true as const } : {}),
    packages: summary.packages,
    sources: Object.entries(summary.sources).map(([source, tally]) =>
      sourceLine(source, tally, reports, answer.tried),
    ),
    documentationReceived: answer.documentation,
    clientBackup: answer.clientBackup,
    decision: answer.decision,
    reservations: answer.reservations,
    consent: {
      destruction: answer.consentDestruction,
      accepts: answer.consentDestruction ? summary.losses : [],
    },
    signer: { name: signer, ...(answer.function === undefined ? {} : { function: answer.function }) },
  }
}

function sourceLine(
  source: string,
  tally: { readonly items: number; readonly bytes: number },
  reports: readonly Report[],
  tried: readonly string[],
): ReceiptSource {
  const verdict = reports.every((report) => report.verdict === 'valid') ? 'passed' : 'failed'
  return {
    source,
    integrity: verdict,
    decryption: verdict,
    completeness: verdict,
    exploitability: tried.includes(source) ? 'passed' : 'not-checked',
    ...tally,
  }
}
