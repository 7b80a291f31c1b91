import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openPackage } from '@restitute/archive'
import { asRestituteError, type Destination, RestituteError } from '@restitute/core'
import {
  type DocumentKind,
  documentKind,
  type Fingerprint,
  type PackageRef,
  readDocument,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import {
  type CertificateFacts,
  type ManifestBytes,
  type Report,
  type SignedBytes,
  verifyCertificate,
  verifyReceipt,
  verifySignedDocument,
} from '@restitute/verify'
import { checkPackage } from '../check-package.ts'
import { type CommandDefinition, flag, given, secretOption, texts } from '../command.ts'
import { withConcurring } from '../concurring.ts'
import { isPlaceUrl } from '../destinations.ts'
import { fetchedLists } from '../fetched-lists.ts'
import { inFile } from '../in-file.ts'
import { verifyLedgerFile } from '../ledger-file.ts'
import { keptResults } from '../partial-results.ts'
import { openTyped, typedPlace } from '../places.ts'
import { rawLines } from '../raw-lines.ts'
import { reportOutcome } from '../reports.ts'
import type { RoleTrust } from '../role-trust.ts'
import type { Outcome, Session } from '../session.ts'
import { readSigned } from '../signed-files.ts'
import { type Trusting, trusting } from '../trust.ts'
import { verifyBundle } from '../verify-bundle.ts'

/** What `verify` is told. */
export interface VerifyOptions {
  /** A package's folder or URL, a signed document, or a ledger. */
  readonly path: string
  /** A recipient's private key: the full check instead of the outer one. */
  readonly key?: string
  readonly signers: readonly string[]
  /** Root certificates of time-stamping authorities, beside that of the contract. */
  readonly timestampRoots?: readonly string[]
  /** Fetch the revocation lists that the authorities' certificates name. */
  readonly fetchLists?: boolean
  /** Other packages of the delivery, for the base of a second one. */
  readonly packages: readonly string[]
  /** Go on where an interrupted verification of this package stopped. */
  readonly resume?: boolean
}

/** Checks a package, a receipt, an order, a certificate, a scope or a ledger, whatever lies at the path. */
export async function verify(session: Session, options: VerifyOptions): Promise<Outcome> {
  const isPackage = isPlaceUrl(options.path) || (await isFolder(options.path))
  if (options.path.endsWith('.zip')) return reportOutcome(options.path, await bundleReport(session, options))
  const paths = [...(isPackage ? [options.path] : []), ...options.packages]
  const places = await Promise.all(paths.map((path) => openTyped(session, path)))
  const own = await trusting(session, options.signers, options.timestampRoots, places)
  const trust = options.fetchLists ? await withLists(session, options, own, places, isPackage) : own
  const report = isPackage
    ? await packageReport(session, options, trust)
    : await fileReport(session, options, trust)
  return reportOutcome(options.path, report)
}

/** The same trust with the revocation lists that could be fetched. */
async function withLists(
  session: Session,
  options: VerifyOptions,
  own: Trusting,
  places: readonly Destination[],
  isPackage: boolean,
): Promise<Trusting> {
  const [place] = places
  const stamps = isPackage && place !== undefined ? { package: place } : { file: options.path }
  const lists = await fetchedLists(session, stamps, own)
  return trusting(session, options.signers, options.timestampRoots, places, lists)
}

async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new RestituteError('not-found', `nothing at ${path}`, { cause })
  })
  return info.isDirectory()
}

function bundleReport(session: Session, options: VerifyOptions): Promise<Report> {
  return verifyBundle(session, options, async (path, trust) => {
    if (!basename(path).startsWith('manifest-')) return fileReport(session, { ...options, path }, trust)
    return verifySignedDocument({ ...(await readSigned(path)), kind: 'manifest', trust: trust.package })
  })
}

async function packageReport(session: Session, options: VerifyOptions, trust: Trusting): Promise<Report> {
  const opener =
    options.key === undefined ? {} : { opener: { privateKeys: [await session.privateKey(options.key)] } }
  return checkPackage(session, await typedPlace(session, options.path), {
    trust: trust.package,
    ...(options.packages.length > 0 ? { known: await knownPackages(session, options.packages) } : {}),
    ...opener,
    partial: (manifestSha256) => keptResults(manifestSha256, options.resume ?? false, session.note),
  }).catch((thrown: unknown) => {
    throw resumable(thrown)
  })
}

function resumable(thrown: unknown): unknown {
  const { code, message, cause } = asRestituteError(thrown)
  if (code !== 'interrupted') return thrown
  const hint = 'run it again with --resume: volumes that were found sound are kept in mind'
  return new RestituteError(code, message, { cause, hint })
}

async function knownPackages(session: Session, paths: readonly string[]): Promise<PackageRef[]> {
  const opened = await Promise.all(paths.map(async (path) => openPackage(await openTyped(session, path))))
  return opened.map(({ manifest, sha256 }) => ({ package: manifest.package, manifestSha256: sha256 }))
}

async function fileReport(session: Session, options: VerifyOptions, trust: Trusting): Promise<Report> {
  if (basename(options.path).endsWith('.jsonl'))
    return verifyLedgerFile({ ...options, keys: ledgerKeys(trust) })
  const signed = await readSigned(options.path)
  const kind = kindOf(options.path, signed.bytes)
  if (kind === 'manifest') return packageReport(session, { ...options, path: dirname(options.path) }, trust)
  const judges = trust.under(contractOf(kind, signed.bytes))
  if (kind !== 'certificate') {
    if (kind === 'scope') return scopeReport(signed, judges)
    if (kind === 'receipt') {
      const { packages, contract } = readDocument('receipt', signed.bytes)
      const manifests = await manifestsOf(session, options, packages)
      const receipt = withHand(signed, trust)
      const signers = trust.receipt(sha256Hex(signed.bytes), contract.sha256)
      return verifyReceipt({ ...receipt, trust: signers, manifests })
    }
    const quorum = kind === 'order' ? { quorum: judges.authorisers } : {}
    return verifySignedDocument({ ...signed, kind, trust: judges.document[kind], ...quorum })
  }
  const facts = await factsBeside(session, options, signed, trust)
  const report = await verifyCertificate({ ...signed, trust: judges.document.certificate, facts })
  return withConcurring(report, signed, judges.concurring)
}

function kindOf(path: string, bytes: Uint8Array): DocumentKind {
  try {
    return documentKind(bytes)
  } catch (thrown) {
    throw inFile(path, asRestituteError(thrown))
  }
}

/** A receipt with what the ledger says of a signature by hand. */
function withHand(signed: SignedBytes, trust: Trusting): SignedBytes {
  const byHand = trust.byHand(sha256Hex(signed.bytes))
  return byHand === undefined ? signed : { ...signed, byHand }
}

/** The contract that a document says it was written under; none when it cannot be read, which its check will say. */
function contractOf(kind: DocumentKind, bytes: Uint8Array): Sha256 | undefined {
  try {
    return readDocument(kind, bytes).contract.sha256
  } catch {
    return undefined
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

function ledgerKeys(trust: Trusting): ReadonlyMap<Fingerprint, PublicKey> {
  const terms = [...trust.contracts, ...(trust.contract ? [trust.contract] : [])]
  const persons = terms.flatMap(({ keys }) => [...keys.persons.values()].map(({ key }) => key))
  const keys = [...trust.package.signers, ...persons, ...terms.flatMap(({ keys: { clients } }) => clients)]
  return new Map(keys.map((key) => [key.fingerprint, key]))
}

/** Order and receipt beside the certificate, the ledger above its folder, the packages that were named. */
async function factsBeside(
  session: Session,
  options: VerifyOptions,
  certificate: SignedBytes,
  trust: Trusting,
): Promise<CertificateFacts> {
  const folder = dirname(options.path)
  const { operation, orderSha256, receiptSha256, packages } = readDocument('certificate', certificate.bytes)
  const order = await signedBeside(folder, `order-${operation}`, orderSha256)
  const receipt = await signedBeside(folder, `receipt-${operation}`, receiptSha256)
  const ledger = join(folder, '..', 'ledger.jsonl')
  const manifests = await manifestsOf(session, options, packages)
  const ofOrder = (bytes: Uint8Array) => {
    const { document, authorisers: quorum } = trust.under(contractOf('order', bytes))
    return { trust: document.order, quorum }
  }
  const ofReceipt = (bytes: Uint8Array) => trust.receipt(sha256Hex(bytes), contractOf('receipt', bytes))
  return {
    ...(order === undefined ? {} : { order: { ...order, ...ofOrder(order.bytes) } }),
    ...(receipt === undefined
      ? {}
      : { receipt: { ...withHand(receipt, trust), trust: ofReceipt(receipt.bytes) } }),
    ...(existsSync(ledger) ? { ledger: { lines: rawLines(ledger), keys: ledgerKeys(trust) } } : {}),
    ...(manifests.length > 0 ? { manifests } : {}),
    scopes: await scopesIn(folder, operation),
  }
}

async function scopesIn(folder: string, operation: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`scope-${operation}`) && name.endsWith('.json'),
  )
  const found = await Promise.all(names.map((name) => readSigned(join(folder, name))))
  return found.map(({ bytes }) => bytes)
}

/** Of the packages that were named, and those kept beside the document now that the packages themselves may be gone. */
async function manifestsOf(
  session: Session,
  options: VerifyOptions,
  packages: readonly PackageRef[],
): Promise<ManifestBytes[]> {
  const wanted = new Set(packages.map((ref) => ref.manifestSha256))
  const kept = await Promise.all(
    packages.map((ref) => signedBeside(dirname(options.path), `manifest-${ref.package}`, ref.manifestSha256)),
  )
  const named = await Promise.all(options.packages.map((path) => manifestOf(session, path)))
  const fit = kept.flatMap((file) => (file && wanted.has(sha256Hex(file.bytes)) ? [file] : []))
  return [...new Map([...fit, ...named].map((file) => [sha256Hex(file.bytes), file])).values()]
}

async function manifestOf(session: Session, path: string): Promise<ManifestBytes> {
  const { manifestBytes } = await openPackage(await openTyped(session, path))
  return { name: basename(path), bytes: manifestBytes }
}

/** The document of that digest; failing that any of that name, so that the difference is found and named. */
async function signedBeside(folder: string, stem: string, sha256: string): Promise<SignedBytes | undefined> {
  const names = (await readdir(folder))
    .filter((name) => name.startsWith(stem) && name.endsWith('.json'))
    .sort()
  const found = await Promise.all(names.map((name) => readSigned(join(folder, name))))
  return found.find(({ bytes }) => sha256Hex(bytes) === sha256) ?? found.at(-1)
}

/** `restitute verify`. */
export const verifyCommand: CommandDefinition = {
  name: 'verify',
  args: '<path>',
  summary: 'check a package, a receipt, an order, a certificate, a scope, a ledger or a whole bundle',
  options: [
    {
      flags: '--key <file>',
      description: 'private key of a recipient: checks every entry, not only the outside',
    },
    {
      flags: '--signer <key>',
      description: 'who must have signed: public key file or fingerprint (default: by the contract)',
      repeatable: true,
    },
    {
      flags: '--timestamp-root <file>',
      description:
        "root certificate or revocation list of a time-stamping authority (default: the contract's)",
      repeatable: true,
    },
    {
      flags: '--fetch-crl',
      description: "fetch the revocation lists that the time-stamping authority's certificates name",
    },
    {
      flags: '--package <dir>',
      description: 'another package of the delivery, or one that a certificate names',
      repeatable: true,
    },
    {
      flags: '--resume',
      description: 'pass over volumes that an interrupted run found sound, if unchanged in size and times',
    },
    secretOption,
  ],
  examples: [
    'restitute verify R1-0001 --signer operator.asc',
    'restitute verify R1-0001 --signer operator.asc --key client.key --json',
    'restitute verify R1-0001 --signer operator.asc --key client.key --resume',
    'restitute verify "s3://bucket/R1-0001?region=eu-west-3" --secret env:S3_KEY --signer operator.asc',
    'restitute verify chu/documents/certificate-R1.json --dossier chu --package R1-0001',
    'restitute verify chu/ledger.jsonl --dossier chu',
    'restitute verify chu-evidence.zip --signer client-1.asc --signer host.asc',
    'restitute verify chu-evidence.zip --signer client-1.asc --fetch-crl',
  ],
  notes: [
    'Who may sign comes from the contract of --dossier (a folder with contract.yaml and keys/ will do), else from --signer:',
    'the operator for a package, the client for a receipt, the authorisers for an order, host and client for a scope; for a certificate and its ledger',
    'all of them and the verifier; for a bundle, a key of host or client that signed the contract inside. With neither, the answer is that the origin is not established (exit 4).',
  ],
  run: (session, [path = ''], options) =>
    verify(session, {
      path,
      signers: texts(options, 'signer'),
      timestampRoots: texts(options, 'timestampRoot'),
      fetchLists: flag(options, 'fetchCrl'),
      packages: texts(options, 'package'),
      resume: flag(options, 'resume'),
      ...given(options, 'key'),
    }),
}
