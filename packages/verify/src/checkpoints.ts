import { asRestituteError } from '@restitute/core'
import { type Checkpoint, documentKind, readDocument } from '@restitute/manifest'
import { type Finding, finding } from './findings.ts'
import { type Report, verdictOf } from './report.ts'
import type { LedgerReading } from './verify-ledger.ts'

/** A document that may pin the ledger, under any name. */
export interface CheckedDocument {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * The report on a ledger, with every checkpoint in the documents given compared to it: a ledger that was cut, written
 * anew or continued twice contradicts at least one of them. A document that is not one of ours, or cannot be
 * read, pins nothing here; what is wrong with it is for its own verification.
 */
export function checkCheckpoints(reading: LedgerReading, documents: Iterable<CheckedDocument>): Report {
  const { report } = reading
  const pins = [...documents].flatMap(({ name, bytes }) => {
    const checkpoint = checkpointIn(bytes)
    return checkpoint ? [{ name, checkpoint }] : []
  })
  if (pins.length === 0) return report
  const findings = [
    ...report.findings,
    ...pins.flatMap(({ name, checkpoint }) => checkpointHolds(name, checkpoint, reading)),
  ]
  const latest = Math.max(...pins.map(({ checkpoint }) => checkpoint.sequence))
  const [, ...rest] = report.notChecked
  return {
    ...report,
    findings,
    verdict: verdictOf(findings),
    checked: [...report.checked, `the checkpoints in ${pins.map(({ name }) => name).join(', ')}`],
    notChecked: [
      `events after line ${latest}, the last that a document here pins, could be missing at the end`,
      ...rest,
    ],
  }
}

function checkpointIn(bytes: Uint8Array): Checkpoint | undefined {
  try {
    const kind = documentKind(bytes)
    if (kind !== 'manifest' && kind !== 'order' && kind !== 'certificate') return undefined
    return readDocument(kind, bytes).ledger
  } catch (thrown) {
    const { code } = asRestituteError(thrown)
    if (!['document-invalid', 'hostile-input', 'newer-version'].includes(code)) throw thrown
    return undefined
  }
}

/** Nothing when the line that a checkpoint pins is a line of this ledger. */
export function checkpointHolds(
  subject: string,
  { sequence, sha256: expected }: Checkpoint,
  { events, head }: Pick<LedgerReading, 'events' | 'head'>,
): Finding[] {
  const next = events.find((event) => event.sequence === sequence + 1)
  const got = head?.sequence === sequence ? head.sha256 : (next?.previous ?? 'no such line')
  if (got === expected) return []
  const message = `line ${sequence} of the ledger is not the one it pins`
  return [finding('checkpoint-differs', subject, message, { expected, got })]
}
