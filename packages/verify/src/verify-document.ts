import { type DocumentKind, type Documents, readDocument } from '@restitute/manifest'
import { documentFinding } from './document-finding.ts'
import type { Finding } from './findings.ts'
import { judgeSignatures, type SignatureFile } from './judge-signatures.ts'
import { type Report, type Trust, verdictOf } from './report.ts'
import { timesChecked, timesNotChecked } from './stamps.ts'

/** A document as it lies in a folder: its bytes and its detached signature files. */
export interface SignedBytes {
  /** File name. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly signatures: readonly SignatureFile[]
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
  const judged = await judgeSignatures({ subject: name, data: bytes, files: o.signatures, trust, quorum })
  const findings = [...('finding' in read ? [read.finding] : []), ...judged.findings]
  return {
    kind,
    verdict: verdictOf(findings),
    signers: judged.signers,
    findings,
    checked: [`${name}: schema, canonical form, signatures`, ...timesChecked(judged.signers)],
    notChecked: timesNotChecked(judged.signers),
    ...('document' in read ? read : {}),
  }
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
