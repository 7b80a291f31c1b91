import {
  type DocumentKind,
  type Documents,
  type Fingerprint,
  type IsoTime,
  readDocument,
  type Sha256,
} from '@restitute/manifest'
import { documentFinding, foreignFinding } from './document-finding.ts'
import { type Finding, finding } from './findings.ts'
import { judgeSignatures, type SignatureFile } from './judge-signatures.ts'
import { x509Checked, x509NotChecked } from './judge-x509.ts'
import { type Report, type Trust, verdictOf } from './report.ts'
import { timesChecked, timesNotChecked } from './stamps.ts'

/** A document as it lies in a folder: its bytes and its detached signature files. */
export interface SignedBytes {
  /** File name. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly signatures: readonly SignatureFile[]
  /** A receipt that its ledger says was signed by hand, under a contract that accepts that (R30). */
  readonly byHand?: SignedByHand
}

/** Who took in a page signed by hand, and when. */
export interface SignedByHand {
  readonly scanSha256: Sha256
  readonly recordedBy: Fingerprint
  readonly recordedAt: IsoTime
}

/** A report with the document itself, when its bytes could be read. */
export type DocumentReport<K extends DocumentKind> = Report & { readonly document?: Documents[K] }

/**
 * Checks one signed document: schema, canonical bytes, and good signatures of at least `quorum` (default 1)
 * distinct persons among those who may sign. Never throws for what is wrong with the document.
 */
export async function verifySignedDocument<K extends DocumentKind>(
  o: SignedBytes & { readonly kind: K; readonly trust: Trust; readonly quorum?: number },
): Promise<DocumentReport<K>> {
  const { kind, name, bytes, trust, quorum = 1 } = o
  const read = readOrFind(kind, name, bytes)
  const byHand = o.signatures.length === 0 ? o.byHand : undefined
  const judged = byHand
    ? { signers: [], findings: [byHandFinding(name, byHand)] }
    : await judgeSignatures({ subject: name, data: bytes, files: o.signatures, trust, quorum })
  const foreign = 'document' in read ? foreignFinding(name, read.document.contract, trust) : []
  const findings = [...('finding' in read ? [read.finding] : []), ...judged.findings, ...foreign]
  return {
    kind,
    verdict: verdictOf(findings),
    signers: judged.signers,
    findings,
    checked: [
      `${name}: schema, canonical form${byHand ? '' : ', signatures'}`,
      ...x509Checked(judged.signers),
      ...timesChecked(judged.signers),
    ],
    notChecked: byHand
      ? [byHandSentence(name, byHand)]
      : [...x509NotChecked(judged.signers), ...timesNotChecked(judged.signers)],
    ...('document' in read ? read : {}),
  }
}

function byHandFinding(name: string, { scanSha256 }: SignedByHand): Finding {
  const message = 'declared, signed by hand: not cryptographically verified'
  return finding('signed-by-hand', name, message, { got: `scan ${scanSha256}` })
}

function byHandSentence(name: string, { scanSha256, recordedBy, recordedAt }: SignedByHand): string {
  return `${name}: that the client signed it by hand rests on the word of the host's ${recordedBy}, who took in the scan ${scanSha256} at ${recordedAt}; no signature can be verified`
}

function readOrFind<K extends DocumentKind>(
  kind: K,
  name: string,
  bytes: Uint8Array,
): { readonly document: Documents[K] } | { readonly finding: Finding } {
  try {
    return { document: readDocument(kind, bytes) }
  } catch (thrown) {
    return { finding: documentFinding(name, bytes, thrown) }
  }
}
