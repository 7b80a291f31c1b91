import type { Package } from '@restitute/archive'
import { type FileRecord, sha256Hex } from '@restitute/manifest'

/** Every file of a package with its digest, the manifest last. */
export async function packageFiles(from: Package): Promise<FileRecord[]> {
  const { manifest } = from
  const named: FileRecord[] = [...manifest.volumes, ...manifest.indexes, ...manifest.files]
  const unnamed: FileRecord[] = []
  for await (const { name } of from.destination.list()) {
    if (name === 'SHA256SUMS' || /^manifest\.json\..+/.test(name)) unnamed.push(await measured(from, name))
  }
  return [...named, ...unnamed, manifestFile(from)]
}

/** The manifest as a file. */
export function manifestFile({ manifestBytes, sha256 }: Package): FileRecord {
  return { name: 'manifest.json', bytes: manifestBytes.length, sha256 }
}

/** The few small files that the manifest cannot name: taken as they are. */
async function measured({ destination }: Package, name: string): Promise<FileRecord> {
  const bytes = Buffer.concat(await Array.fromAsync(destination.read(name)))
  return { name, bytes: bytes.length, sha256: sha256Hex(bytes) }
}
