import { type Destination, RestituteError } from '@restitute/core'
import { type Fingerprint, type Manifest, readDocument, type Sha256, sha256Hex } from '@restitute/manifest'

/** What lies at the top of a package, before anybody knows what the manifest says. */
export interface SignedManifest {
  /** The bytes that were signed. */
  readonly manifestBytes: Uint8Array
  /** Every `manifest.json.<fingerprint>.asc`, unverified; the fingerprint is the one in the name. */
  readonly signatures: readonly PackageSignature[]
}

/** A finished package, opened but not judged. */
export interface Package extends SignedManifest {
  readonly destination: Destination
  readonly manifest: Manifest
  /** Of `manifestBytes`. */
  readonly sha256: Sha256
}

/** A detached signature file beside the manifest. */
export interface PackageSignature {
  readonly name: string
  readonly fingerprint: Fingerprint
  readonly bytes: Uint8Array
  /** `<name>.tsr` beside it: its RFC 3161 time stamp, unverified. */
  readonly stamp?: Uint8Array
}

const manifestName = 'manifest.json'
const longestManifest = 256 * 1024 * 1024
const longestSignature = 64 * 1024
const signatureName = /^manifest\.json\.([0-9a-f]{40}|[0-9a-f]{64})\.asc$/

/**
 * Opens a package: reads its manifest and the signatures beside it. Does not judge who signed, nor look at volumes.
 * Throws `not-found` without manifest, `package-unfinished` when there are volumes but no manifest yet,
 * `document-invalid` for a manifest that is none, `newer-version`, `hostile-input` for files that are too large.
 */
export async function openPackage(destination: Destination): Promise<Package> {
  const signed = await signedManifest(destination)
  const manifest = readDocument('manifest', signed.manifestBytes)
  return { destination, manifest, sha256: sha256Hex(signed.manifestBytes), ...signed }
}

/** {@link openPackage}, whatever the manifest says. */
export async function signedManifest(destination: Destination): Promise<SignedManifest> {
  const names = await topNames(destination)
  if (!names.manifest) throw noManifest(destination, names.unfinished)
  const manifestBytes = await readWhole(destination, manifestName, longestManifest)
  const signatures: PackageSignature[] = []
  for (const [name, fingerprint] of names.signatures) {
    const bytes = await readWhole(destination, name, longestSignature)
    const stamp = `${name}.tsr`
    const stamped = names.stamps.has(stamp)
      ? { stamp: await readWhole(destination, stamp, longestSignature) }
      : {}
    signatures.push({ name, fingerprint, bytes, ...stamped })
  }
  return { manifestBytes, signatures }
}

async function topNames(destination: Destination) {
  const found = {
    manifest: false,
    unfinished: false,
    signatures: new Map<string, Fingerprint>(),
    stamps: new Set<string>(),
  }
  for await (const { name } of destination.list()) {
    if (name === manifestName) found.manifest = true
    if (name.startsWith('volumes/')) found.unfinished = true
    const fingerprint = signatureName.exec(name)?.[1]
    if (fingerprint) found.signatures.set(name, fingerprint)
    if (name.endsWith('.asc.tsr')) found.stamps.add(name)
  }
  return found
}

function noManifest(destination: Destination, unfinished: boolean): RestituteError {
  if (!unfinished)
    return new RestituteError('not-found', `${destination.url}: no package, expected ${manifestName}`)
  return new RestituteError('package-unfinished', `${destination.url}: volumes without ${manifestName}`, {
    hint: 'run the export again: it continues where it stopped',
  })
}

async function readWhole(destination: Destination, name: string, longest: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of destination.read(name)) {
    bytes += chunk.length
    if (bytes > longest)
      throw new RestituteError('hostile-input', `${name}: expected at most ${longest} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
