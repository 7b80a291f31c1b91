import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { asRestituteError, RestituteError, systemCode } from '@restitute/core'
import { type Dossier, openDossier } from '@restitute/dossier'
import { readDocument, sha256Hex } from '@restitute/manifest'
import {
  type Finding,
  type FindingCode,
  finding,
  findingTable,
  type Report,
  unpackBundle,
  verdictOf,
} from '@restitute/verify'
import { contentsFindings } from './bundle-contents.ts'
import { type Origin, originOf } from './bundle-origin.ts'
import { fetchedLists } from './fetched-lists.ts'
import type { Session } from './session.ts'
import { readSigned } from './signed-files.ts'
import { signerKey } from './signer-keys.ts'
import { type Trusting, trusting } from './trust.ts'

/** What the verification of a bundle is told. */
export interface BundleOptions {
  readonly path: string
  /** Public key files, or fingerprints of keys inside, of whom the reader trusts. */
  readonly signers: readonly string[]
  readonly timestampRoots?: readonly string[]
  /** Fetch the revocation lists that the authorities' certificates name. */
  readonly fetchLists?: boolean
}

/** Verifies one document of the unpacked bundle. */
export type CheckDocument = (path: string, trust: Trusting) => Promise<Report>

/**
 * Verifies a bundle by itself: in a private folder that is removed, without dossier or network. Every claim is computed
 * anew from the ledger and the documents; who may sign comes from the contract inside, once that is traced back to a
 * key named by the reader.
 */
export async function verifyBundle(
  session: Session,
  options: BundleOptions,
  check: CheckDocument,
): Promise<Report> {
  const dir = await privateFolder()
  try {
    const names = await unpackBundle(options.path, dir, session.signal)
    return await judge({ ...session, dossierDir: dir }, options, names, check)
  } catch (thrown) {
    return broken(basename(options.path), thrown)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function privateFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'restitute-bundle-'))
  } catch (cause) {
    const why = systemCode(cause) ?? 'failed'
    throw new RestituteError('destination-failed', `verify: no folder can be made in ${tmpdir()}: ${why}`, {
      cause,
      hint: 'a bundle is unpacked there: set TMPDIR to a folder of this machine that can be written to',
    })
  }
}

async function judge(
  session: Session,
  options: BundleOptions,
  names: readonly string[],
  check: CheckDocument,
): Promise<Report> {
  const dossier = await openDossier(session.dossierDir)
  const inside = dossier.contracts.flatMap(({ keys }) => [keys.host, ...keys.clients])
  const named = await Promise.all(options.signers.map((given) => signerKey(given, [], inside)))
  const origin = await originOf(dossier, named)
  const own = await trusting(session, [], options.timestampRoots)
  const lists = options.fetchLists
    ? await fetchedLists(session, { folder: dossier.paths.documents }, own)
    : []
  const trust = lists.length === 0 ? own : await trusting(session, [], options.timestampRoots, [], lists)
  const paths = ['ledger.jsonl', ...(await documentsToCheck(dossier, names))]
  const reports: Report[] = []
  for (const path of paths) reports.push(await check(join(session.dossierDir, path), trust))
  const certificates = await certificatesIn(dossier, names)
  const open = [...declared(certificates), ...missingIn(dossier, certificates)]
  const contents = await contentsFindings(dossier, names, certificates)
  return together(dossier, { names, origin, contents, reports, open })
}

/** What an event rests on was read with the ledger; beside that, what claims more than its own words. */
async function documentsToCheck({ ledger, paths }: Dossier, names: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of names.filter((one) => /^documents\/.*\.json$/.test(one)).sort()) {
    if (/\/(?:scope|receipt|manifest|certificate)-/.test(name)) found.push(name)
    if (!name.startsWith('documents/order-')) continue
    const { bytes } = await readSigned(join(paths.documents, basename(name)))
    if (isCarriedOut(ledger, sha256Hex(bytes))) found.push(name)
  }
  return found
}

function isCarriedOut(ledger: Dossier['ledger'], orderSha256: string): boolean {
  return ledger
    .events()
    .some(({ type, body }) => type === 'destruction-started' && body['orderSha256'] === orderSha256)
}

/** The bytes of every certificate in the bundle. */
async function certificatesIn({ paths }: Dossier, names: readonly string[]): Promise<Uint8Array[]> {
  const found = names.filter((one) => /^documents\/certificate-.*\.json$/.test(one)).sort()
  const signed = await Promise.all(found.map((name) => readSigned(join(paths.documents, basename(name)))))
  return signed.map(({ bytes }) => bytes)
}

/** What rests on the word of somebody who was not there to be asked. */
function declared(certificates: readonly Uint8Array[]): string[] {
  const copies = certificates.flatMap((bytes) => readDocument('certificate', bytes).copies)
  const names = copies.filter(({ outcome }) => outcome === 'declared').map(({ name }) => name)
  return [...new Set(names)].map(
    (name) => `that copy ${name} is gone rests on the declaration of who held it`,
  )
}

/** A bundle may leave out what other operations have; what it lacks of this one must not look as if there had been nothing. */
function missingIn({ ledger }: Dossier, certificates: readonly Uint8Array[]): string[] {
  const given = new Set<unknown>(certificates.map(sha256Hex))
  const named = ledger
    .events()
    .filter(({ type, body }) => type === 'certified' && !given.has(body['certificateSha256']))
  return [...new Set(named.map(({ operation }) => operation))].map(
    (operation) => `a certificate of ${operation}, which the ledger names and the bundle does not hold`,
  )
}

/** Opening the dossier has counted the periods up to each destruction anew; this says by whose clock they ended. */
function startsOf({ ledger }: Dossier): string[] {
  const started = ledger.events().filter(({ type }) => type === 'destruction-started')
  if (started.length === 0) return []
  const stamped = started.every(({ body }) => body['stampedAt'] !== undefined)
  const clock = stamped ? 'by the clock of the time-stamping authority' : "by the host's clock"
  return [`every destruction began after the periods of the contract were over, ${clock}`]
}

interface Parts {
  readonly names: readonly string[]
  readonly origin: Origin
  /** What it lacks, or has too many. */
  readonly contents: readonly Finding[]
  readonly reports: readonly Report[]
  /** What no document in the bundle can tell. */
  readonly open: readonly string[]
}

function together(dossier: Dossier, { names, origin, contents, reports, open }: Parts): Report {
  const findings = unique([...origin.findings, ...contents, ...reports.flatMap((report) => report.findings)])
  return {
    kind: 'bundle',
    verdict: verdictOf(findings),
    signers: origin.signers,
    findings,
    checked: [
      `the bundle: ${names.length} files, none that a bundle has not`,
      'every contract that was in force: signatures of host and client, and each key by the fingerprint in its text',
      'every event of the ledger against the signed document that it rests on',
      ...startsOf(dossier),
      ...new Set(reports.flatMap((report) => report.checked)),
    ],
    notChecked: [
      'the packages themselves: restitute verify <package> reads them, where they still exist',
      ...origin.notChecked,
      ...open,
      ...new Set(reports.flatMap((report) => report.notChecked)),
    ],
  }
}

/** Two documents that rest on one find the same in it. */
function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [JSON.stringify(one), one])).values()]
}

/** What stops the verification itself: then nothing else in the bundle means anything. */
function broken(subject: string, thrown: unknown): Report {
  const { code, message, details } = asRestituteError(thrown)
  const known = details['finding']
  const found = typeof known === 'string' && known in findingTable ? (known as FindingCode) : findingOf[code]
  if (found === undefined) throw thrown
  return {
    kind: 'bundle',
    // Whatever the finding weighs by itself: nothing stands without what it stopped at.
    verdict: found === 'newer-version' ? 'could-not-check' : 'invalid',
    signers: [],
    findings: [finding(found, subject, message)],
    checked: [],
    notChecked: ['anything else: the rest stands on this'],
  }
}

const findingOf: Readonly<Partial<Record<string, FindingCode>>> = {
  'hostile-input': 'hostile-content',
  'newer-version': 'newer-version',
  invalid: 'document-invalid',
  'document-invalid': 'document-invalid',
  'contract-invalid': 'contract-differs',
  'secret-in-clear': 'contract-differs',
  'guard-refused': 'contract-differs',
  'signature-invalid': 'signature-bad',
}
