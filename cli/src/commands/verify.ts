import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { openPackage } from '@restitute/archive'
import { asRestituteError, type Destination, RestituteError } from '@restitute/core'
import type { LoadedContract } from '@restitute/dossier'
import type { PackageRef } from '@restitute/manifest'
import { type Report, verifyManifest } from '@restitute/verify'
import { checkPackage } from '../check-package.ts'
import { type CommandDefinition, flag, given, secretOption, texts } from '../command.ts'
import { isPlaceUrl } from '../destinations.ts'
import { fetchedLists } from '../fetched-lists.ts'
import { verifyLedgerFile } from '../ledger-file.ts'
import { keptResults } from '../partial-results.ts'
import { openTyped, typedPlace } from '../places.ts'
import { naming, undeliveredSources } from '../receipt/undelivered.ts'
import { reportOutcome } from '../reports.ts'
import type { Outcome, Session } from '../session.ts'
import { readSigned } from '../signed-files.ts'
import { type Trusting, trusting } from '../trust.ts'
import { documentReport, kindOf } from '../verification/document-report.ts'
import { ledgerKeys } from '../verification/signers.ts'
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
  const outcome = reportOutcome(options.path, report)
  return isPackage && own.contract !== undefined
    ? naming(await undeliveredIn(own.contract, places), outcome)
    : outcome
}

/** What the contract has and none of these packages; nothing where one cannot be opened, which the report says. */
async function undeliveredIn(
  { contract }: LoadedContract,
  places: readonly Destination[],
): Promise<string[]> {
  const opened = await Promise.all(places.map((place) => openPackage(place).catch(() => undefined)))
  const packages = opened.filter((one) => one !== undefined)
  return packages.length < places.length ? [] : undeliveredSources(contract, packages)
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
    return verifyManifest({ ...(await readSigned(path)), trust: trust.package })
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
  const { path, packages } = options
  if (path.endsWith('.jsonl')) return verifyLedgerFile({ path, packages, keys: ledgerKeys(trust) })
  const signed = await readSigned(path)
  const kind = kindOf(path, signed.bytes)
  if (kind === 'manifest') return packageReport(session, { ...options, path: dirname(path) }, trust)
  return documentReport(session, options, { ...signed, kind }, trust)
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
