import { type Package, readIndex } from '../../packages/archive/src/index.ts'
import type { PrivateKey } from '../../packages/seal/src/index.ts'

/** `<source> <path> <size> <sha256>` of every entry of a package, sorted: what every run must make the same. */
export async function entrySet({ destination, manifest }: Package, key: PrivateKey): Promise<string[]> {
  const entries: string[] = []
  const opener = { privateKeys: [key] }
  for (const record of manifest.indexes) {
    for await (const line of readIndex({ destination, record, opener })) {
      if ('entry' in line) entries.push(`${record.source} ${line.entry} ${line.size} ${line.sha256 ?? '-'}`)
    }
  }
  return entries.sort()
}
