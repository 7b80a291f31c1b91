import { openPackage, type Package, signedManifest } from '@restitute/archive'
import { asRestituteError, type Destination, noProgress, type Progress } from '@restitute/core'
import type { PackageRef, Sha256 } from '@restitute/manifest'
import { type PrivateKey, type PublicKey, readPublicKey } from '@restitute/seal'
import { documentFinding, foreignFinding } from './document-finding.ts'
import { type Finding, Findings, finding } from './findings.ts'
import { judgeSignatures } from './judge-signatures.ts'
import type { Check } from './package/check.ts'
import { checkContents } from './package/contents.ts'
import { checkDigests, checkListing, recordsOf } from './package/files.ts'
import { baseFinding, manifestFindings } from './package/manifest.ts'
import { type PartialResults, SoundVolumes } from './package/sound-volumes.ts'
import { checkSums } from './package/sums.ts'
import { inThisThread, type VerifyWorkers } from './package/workers.ts'
import { readWhole } from './read-whole.ts'
import { type Report, type Signer, type Trust, verdictOf } from './report.ts'
import { timesChecked, timesNotChecked } from './stamps.ts'

const longestManifest = 256 * 1024 * 1024
const longestKey = 1024 * 1024

/** What {@link verifyPackage} is told. */
export interface PackageCheck {
  readonly destination: Destination
  readonly trust: Trust
  /** With a recipient's private keys everything is decrypted and compared; without, only the outside is checked. */
  readonly opener?: { readonly privateKeys: readonly PrivateKey[] }
  /** Packages that the caller has, to find the base of one that continues another. */
  readonly known?: readonly PackageRef[]
  /** Who hashes and decrypts; without, the thread of the caller. The findings are the same, in the same order. */
  readonly workers?: VerifyWorkers
  /** Partial results of the package whose manifest has this digest: of an interrupted run, and to be kept by this one. */
  readonly partial?: (manifestSha256: Sha256) => Promise<PartialResults>
  readonly signal?: AbortSignal
  readonly progress?: Progress
}

/**
 * Checks a package. Outside: signatures, every file against the manifest in both directions, sums and totals.
 * With an opener also inside: every index, every entry of every volume against it in both directions, items, bags
 * and totals; with flat memory. Whatever is wrong with the package is a finding, never an exception; throws only
 * when it could not be checked: `not-found`, `destination-unreachable`, `key-wrong`, `interrupted`.
 */
export async function verifyPackage(o: PackageCheck): Promise<Report> {
  const opened = await openOrFind(o)
  if ('findings' in opened) return reportOf(opened.findings, [], [], ['everything else'])
  const partial = await o.partial?.(opened.package.sha256)
  const check = newCheck(opened.package, o, partial)
  const signers = await checkOutside(check, o)
  if (o.opener) await checkContents(check, o.opener.privateKeys)
  else check.notChecked.push('the contents of indexes and volumes: no private key was given')
  await partial?.end()
  return reportOf(check.findings.list(), signers, said(check, o), check.notChecked)
}

async function openOrFind(
  o: PackageCheck,
): Promise<{ readonly package: Package } | { readonly findings: readonly Finding[] }> {
  const { destination } = o
  try {
    return { package: await openPackage(destination) }
  } catch (thrown) {
    const { code, message } = asRestituteError(thrown)
    if (code === 'package-unfinished')
      return { findings: [finding('manifest-missing', 'manifest.json', message)] }
    if (code === 'newer-version') return { findings: await newerFindings(o, message) }
    if (code !== 'document-invalid' && code !== 'hostile-input') throw thrown
    const bytes =
      code === 'hostile-input'
        ? new Uint8Array()
        : await readWhole(destination, 'manifest.json', longestManifest)
    return { findings: [documentFinding('manifest.json', bytes, thrown)] }
  }
}

/** That it is of a newer version is what its signers say: of somebody else it is a change. */
async function newerFindings({ destination, trust }: PackageCheck, message: string): Promise<Finding[]> {
  const { manifestBytes: data, signatures: files } = await signedManifest(destination)
  const { findings } = await judgeSignatures({ subject: 'manifest.json', data, files, trust, quorum: 1 })
  const isTheirs = findings.every(({ severity }) => severity !== 'error')
  return isTheirs ? [finding('newer-version', 'manifest.json', message), ...findings] : [...findings]
}

function newCheck(
  opened: Package,
  { destination, opener, workers = inThisThread(destination), signal, progress = noProgress }: PackageCheck,
  partial: PartialResults | undefined,
): Check {
  const { manifest } = opened
  const sum = (records: readonly { readonly bytes: number }[]): number =>
    records.reduce((all, one) => all + one.bytes, 0)
  // Reading a volume takes two passes: one hashes, one decrypts.
  const totalBytes = opener
    ? sum(manifest.files) + 2 * sum(manifest.volumes) + sum(manifest.indexes)
    : sum(recordsOf(manifest))
  let doneBytes = 0
  const onBytes = (bytes: number): void => {
    doneBytes += bytes
    progress({
      task: 'verify',
      subject: manifest.package,
      doneBytes: Math.min(doneBytes, totalBytes),
      totalBytes,
    })
  }
  return {
    package: opened,
    findings: new Findings(),
    workers,
    sound: new SoundVolumes(manifest, partial),
    broken: new Set(),
    notChecked: [],
    signal,
    onBytes,
  }
}

async function checkOutside(check: Check, o: PackageCheck): Promise<readonly Signer[]> {
  const { manifest, manifestBytes: data, signatures: files } = check.package
  const strangers = o.trust.signers.length > 0 ? [] : await enclosedKeys(check.package)
  const judged = await judgeSignatures({
    subject: 'manifest.json',
    data,
    files,
    trust: o.trust,
    quorum: 1,
    strangers,
  })
  const foreign = foreignFinding('manifest.json', manifest.contract, o.trust)
  check.findings.add(...judged.findings, ...foreign, ...manifestFindings(manifest))
  if (o.known) check.findings.add(...baseFinding(manifest, o.known))
  else if (manifest.base)
    check.notChecked.push(`the package that this one continues, ${manifest.base.package}`)
  await checkListing(check)
  await checkSums(check)
  // With an opener, volumes and indexes are hashed while they are read.
  await checkDigests(check, o.opener ? manifest.files : recordsOf(manifest))
  return judged.signers
}

/** The keys that came with the package: they vouch for nothing. */
async function enclosedKeys({ destination, manifest }: Package): Promise<PublicKey[]> {
  const keys: PublicKey[] = []
  for (const { name } of manifest.files.filter((file) => file.name.startsWith('keys/'))) {
    try {
      keys.push(await readPublicKey(await readWhole(destination, name, longestKey)))
    } catch (thrown) {
      if (asRestituteError(thrown).retryable) throw thrown
    }
  }
  return keys
}

function said({ sound, package: { manifest } }: Check, { opener }: PackageCheck): string[] {
  const outside = 'signatures, every file against the manifest and the other way round, SHA256SUMS, totals'
  const inside =
    'every index and every volume decrypted; every entry against the index and the other way round; items, bags, totals'
  const all = manifest.volumes.length
  const earlier = `${sound.passed} of ${all} volumes by an interrupted run before; by size and times they are unchanged since`
  return [outside, ...(opener ? [inside] : []), ...(sound.passed > 0 ? [earlier] : [])]
}

function reportOf(
  findings: readonly Finding[],
  signers: readonly Signer[],
  checked: readonly string[],
  notChecked: readonly string[],
): Report {
  return {
    kind: 'package',
    verdict: verdictOf(findings),
    signers,
    findings,
    checked: [...checked, ...timesChecked(signers)],
    notChecked: [...notChecked, ...timesNotChecked(signers)],
  }
}
