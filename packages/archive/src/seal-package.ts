import type { Destination } from '@restitute/core'
import { documentBytes, type FileRecord, type Manifest, type Sha256 } from '@restitute/manifest'
import { type PrivateKey, type PublicKey, signDetached } from '@restitute/seal'
import { openScript } from './instructions/open-script.ts'
import { readmeEnglish } from './instructions/readme-en.ts'
import { readmeFrench } from './instructions/readme-fr.ts'
import { storeBytes } from './store.ts'

/** What is needed to finish a package whose volumes and indexes are in place. */
export interface PackageToSeal {
  readonly destination: Destination
  readonly manifest: Omit<Manifest, 'files'>
  readonly signer: PrivateKey
  /** Go into `keys/`, the signer's with them. */
  readonly hostKeys: readonly PublicKey[]
  /** Of the signature. */
  readonly at: Date
  /** Of what `open.sh` says; the instructions come in both languages. */
  readonly language: 'fr' | 'en'
  /** Time-stamps the bytes of the signature file: gives those of its `.tsr`, or nothing where there is none. */
  readonly stamp?: (signature: Uint8Array) => Promise<Uint8Array | undefined>
}

/** A finished package. */
export interface SealedPackage {
  readonly manifest: Manifest
  /** Of `manifest.json`. */
  readonly sha256: Sha256
  /** Whether its signature was time-stamped. */
  readonly stamped: boolean
}

/**
 * Finishes a package: writes `keys/`, `README.md`, `LISEZMOI.md`, `open.sh`, `SHA256SUMS`, the signature of the
 * manifest with its time stamp, and last `manifest.json`, whose presence means that the package is finished. May be
 * called again after an interruption: each file is replaced. Throws `document-invalid` before the first file is
 * written when the manifest does not fit its schema, and what destination, signing and stamping throw.
 */
export async function sealPackage(o: PackageToSeal): Promise<SealedPackage> {
  documentBytes('manifest', { ...o.manifest, files: [] })
  const files: FileRecord[] = []
  for (const [name, text] of filesOf(o)) {
    files.push(await storeBytes(o.destination, name, Buffer.from(text)))
  }
  const manifest: Manifest = { ...o.manifest, files }
  const bytes = documentBytes('manifest', manifest)
  const { armored } = await signDetached(bytes, o.signer, o.at)
  await removeLeftovers(o.destination, files)
  await storeBytes(o.destination, 'SHA256SUMS', Buffer.from(sumsOf(manifest)))
  const stamped = await storeSignature(o, Buffer.from(armored))
  const { sha256 } = await storeBytes(o.destination, 'manifest.json', bytes)
  return { manifest, sha256, stamped }
}

/** An interrupted call may have been another person's: its signatures are over another manifest, and its keys are in none. */
async function removeLeftovers(destination: Destination, files: readonly FileRecord[]): Promise<void> {
  const named = new Set(files.map(({ name }) => name))
  for await (const { name } of destination.list()) {
    const isStray = name.startsWith('keys/') && !named.has(name)
    if (isStray || /^manifest\.json\..+/.test(name)) await destination.remove(name)
  }
}

async function storeSignature(o: PackageToSeal, signature: Uint8Array): Promise<boolean> {
  const stamp = await o.stamp?.(signature)
  const name = `manifest.json.${o.signer.fingerprint}.asc`
  await storeBytes(o.destination, name, signature)
  if (stamp) await storeBytes(o.destination, `${name}.tsr`, stamp)
  return stamp !== undefined
}

function* filesOf(o: PackageToSeal): Iterable<[name: string, text: string]> {
  const keys = new Map([...o.hostKeys, o.signer.publicKey].map((key) => [key.fingerprint, key]))
  for (const [fingerprint, key] of keys) yield [`keys/${fingerprint}.asc`, key.armored]
  const facts = { package: o.manifest.package, signer: o.signer.fingerprint }
  yield ['LISEZMOI.md', readmeFrench(facts)]
  yield ['README.md', readmeEnglish(facts)]
  yield ['open.sh', openScript(o.language)]
}

function sumsOf(manifest: Manifest): string {
  return [...manifest.indexes, ...manifest.volumes].map((f) => `${f.sha256}  ${f.name}\n`).join('')
}
