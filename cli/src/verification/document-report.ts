import { asRestituteError } from '@restitute/core'
import { type DocumentKind, documentKind, readDocument, sha256Hex } from '@restitute/manifest'
import {
  type Report,
  type SignedBytes,
  verifyCertificate,
  verifyReceipt,
  verifySignedDocument,
} from '@restitute/verify'
import { withConcurring } from '../concurring.ts'
import { inFile } from '../in-file.ts'
import type { RoleTrust } from '../role-trust.ts'
import type { Session } from '../session.ts'
import type { Trusting } from '../trust.ts'
import { factsBeside, manifestsOf, type Named } from './beside.ts'
import { contractOf, withHand } from './signers.ts'

/** A signed document that is no manifest: a package is checked by that. */
export interface SignedDocument extends SignedBytes {
  readonly kind: Exclude<DocumentKind, 'manifest'>
}

/** Checks a signed document by what was named with it and by what lies beside it. */
export async function documentReport(
  session: Session,
  named: Named,
  { kind, ...signed }: SignedDocument,
  trust: Trusting,
): Promise<Report> {
  const judges = trust.under(contractOf(kind, signed.bytes))
  if (kind === 'scope') return scopeReport(signed, judges)
  if (kind === 'receipt') return receiptReport(session, named, signed, trust)
  if (kind === 'certificate') {
    const facts = await factsBeside(session, named, signed, trust)
    const report = await verifyCertificate({ ...signed, trust: judges.document.certificate, facts })
    return withConcurring(report, signed, judges.concurring)
  }
  const quorum = kind === 'order' ? { quorum: judges.authorisers } : {}
  return verifySignedDocument({ ...signed, kind, trust: judges.document[kind], ...quorum })
}

async function receiptReport(
  session: Session,
  named: Named,
  signed: SignedBytes,
  trust: Trusting,
): Promise<Report> {
  const { packages, contract } = readDocument('receipt', signed.bytes)
  const manifests = await manifestsOf(session, named, packages)
  const signers = trust.receipt(sha256Hex(signed.bytes), contract.sha256)
  return verifyReceipt({ ...withHand(signed, trust), trust: signers, manifests })
}

/** Which document a file holds; throws `document-invalid`, which names the file, when it is none. */
export function kindOf(path: string, bytes: Uint8Array): DocumentKind {
  try {
    return documentKind(bytes)
  } catch (thrown) {
    throw inFile(path, asRestituteError(thrown))
  }
}

/**
 * A scope takes a signature of the host and one of the client: two of the same side are not enough. Of keys that were
 * named by hand nobody knows the side: then it takes two of them.
 */
async function scopeReport(signed: SignedBytes, trust: RoleTrust): Promise<Report> {
  if (trust.scope.host === trust.scope.client)
    return verifySignedDocument({ ...signed, kind: 'scope', trust: trust.scope.host, quorum: 2 })
  const host = await verifySignedDocument({ ...signed, kind: 'scope', trust: trust.scope.host })
  const client = await verifySignedDocument({ ...signed, kind: 'scope', trust: trust.scope.client })
  const worse = client.verdict === 'valid' ? host : client
  const findings = [...host.findings, ...client.findings].filter((found) => found.code !== 'signature-extra')
  return { ...worse, signers: [...host.signers, ...client.signers], findings }
}
