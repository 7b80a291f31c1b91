import { asRestituteError } from '@restitute/core'
import {
  type Checkpoint,
  canonicalJson,
  type Fingerprint,
  isKnownEvent,
  type LedgerEvent,
  type LedgerLine,
  ledgerLineOf,
  parseJson,
  sha256Hex,
} from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { type Finding, Findings, finding } from './findings.ts'
import { judgeSignatures } from './judge-signatures.ts'
import { type Report, type Signer, verdictOf } from './report.ts'

const longestLine = 1024 * 1024
const noLine = '0'.repeat(64)

/** A ledger, read. */
export interface LedgerReading {
  readonly report: Report
  /** Every line that is an event, even when the chain is broken, and of types that we do not know, too. */
  readonly events: readonly LedgerEvent[]
  /** The last of them; undefined for a ledger without events. */
  readonly head: Checkpoint | undefined
}

interface Chain {
  sequence: number
  previous: string
  at: string
}

/**
 * Checks a ledger line by line: form and canonical bytes, numbering, chain, time that never runs backwards, and
 * the signature of the person named in each event. `lines` are raw, without their line feeds; each is bounded
 * to 1 MiB. Never throws for what is wrong with the ledger.
 */
export async function verifyLedgerLines(o: {
  readonly lines: AsyncIterable<Uint8Array>
  readonly keys: ReadonlyMap<Fingerprint, PublicKey>
}): Promise<LedgerReading> {
  const chain: Chain = { sequence: 0, previous: noLine, at: '' }
  const findings = new Findings()
  const events: LedgerEvent[] = []
  const signers = new Map<Fingerprint, Signer>()
  let number = 0
  let head: Checkpoint | undefined
  for await (const bytes of o.lines) {
    const subject = `line ${++number}`
    const line = readLine(subject, bytes, findings)
    if (line) {
      findings.add(...chainProblems(subject, line.event, chain))
      const judged = await judgeLine(subject, line, o.keys)
      findings.add(...judged.findings)
      for (const signer of judged.signers) signers.set(signer.fingerprint, signer)
      events.push(line.event)
      chain.at = line.event.at
      head = { sequence: line.event.sequence, sha256: sha256Hex(bytes) }
    }
    chain.sequence = line?.event.sequence ?? chain.sequence + 1
    chain.previous = sha256Hex(bytes)
  }
  if (number === 0) findings.add(finding('ledger-empty', 'ledger', 'it holds no event'))
  return { report: reportOf(findings.list(), [...signers.values()], number), events, head }
}

function readLine(subject: string, bytes: Uint8Array, findings: Findings): LedgerLine | undefined {
  try {
    const line = ledgerLineOf(parseJson(bytes, { bytes: longestLine }))
    if (!Buffer.from(canonicalJson(line)).equals(bytes)) {
      findings.add(finding('not-canonical', subject, 'not the canonical form of the event'))
    }
    if (!isKnownEvent(line.event)) findings.add(newer(subject, line.event))
    return line
  } catch (thrown) {
    const { code, message } = asRestituteError(thrown)
    if (code !== 'document-invalid' && code !== 'hostile-input') throw thrown
    findings.add(
      finding(code === 'hostile-input' ? 'hostile-content' : 'ledger-line-invalid', subject, message),
    )
    return undefined
  }
}

function newer(subject: string, { type }: LedgerEvent): Finding {
  return finding('newer-version', subject, `an event of the type ${type}, which this version does not know`)
}

function chainProblems(subject: string, event: LedgerEvent, chain: Chain): Finding[] {
  const found: Finding[] = []
  if (event.sequence !== chain.sequence + 1) {
    const compared = { expected: chain.sequence + 1, got: event.sequence }
    found.push(finding('ledger-sequence', subject, 'not the next number', compared))
  }
  if (event.previous !== chain.previous) {
    const compared = { expected: chain.previous, got: event.previous }
    found.push(finding('ledger-chain-broken', subject, 'does not follow from the line before', compared))
  }
  if (event.at < chain.at) {
    const compared = { expected: `${chain.at} or later`, got: event.at }
    found.push(finding('ledger-time-backwards', subject, 'dated before the event before it', compared))
  }
  return found
}

/** Only the person whom the event names may have signed it. */
async function judgeLine(
  subject: string,
  { event, signature }: LedgerLine,
  keys: ReadonlyMap<Fingerprint, PublicKey>,
): Promise<{ readonly signers: readonly Signer[]; readonly findings: readonly Finding[] }> {
  const key = keys.get(event.person)
  if (!key) {
    return {
      signers: [],
      findings: [finding('signer-unknown', subject, 'signed by nobody we know', { got: event.person })],
    }
  }
  return judgeSignatures({
    subject,
    data: Buffer.from(canonicalJson(event)),
    files: [{ name: subject, bytes: Buffer.from(signature, 'base64') }],
    trust: { signers: [key] },
    quorum: 1,
  })
}

function reportOf(findings: readonly Finding[], signers: readonly Signer[], lines: number): Report {
  return {
    kind: 'ledger',
    verdict: verdictOf(findings),
    signers,
    findings,
    checked: [`ledger of ${lines} lines: form, numbering, chain, order in time, signature of each event`],
    notChecked: [
      'events after the last line would not be missed: compare the head with a checkpoint in a signed document',
      'times are those of the clock of whoever signed',
    ],
  }
}
