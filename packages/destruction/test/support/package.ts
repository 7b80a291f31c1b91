import { randomBytes, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import {
  directoryDestination,
  indexName,
  sealPackage,
  volumeName,
  writeIndex,
  writeVolume,
} from '@restitute/archive'
import { type Entry, type Item, isoTime } from '@restitute/core'
import type { ContractRef, IndexLine, Manifest, Tally } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from '@restitute/seal'
import { folderFingerprint } from '../../src/fingerprints.ts'
import { itemsIn } from './tree-connector.ts'

/** A package of one source, as `export` would leave it. */
export interface MadePackage {
  readonly manifest: Manifest
  readonly sha256: string
  /** Index file → salt. */
  readonly salts: Readonly<Record<string, string>>
  readonly items: readonly Item[]
  /** URL of its folder. */
  readonly url: string
}

/** Exports a flat folder as package `R1-0001` of one source. */
export async function makePackage(o: {
  readonly source: string
  readonly dir: string
  readonly place: string
  readonly contract: ContractRef
  readonly recipients: readonly PublicKey[]
  readonly operator: PrivateKey
  readonly at: Date
}): Promise<MadePackage> {
  const items = await Array.fromAsync(itemsIn(o.dir))
  const destination = directoryDestination(join(o.place, 'R1-0001'))
  const { signal } = new AbortController()
  const common = { destination, source: o.source, recipients: o.recipients, signal }
  const volume = await writeVolume({
    ...common,
    name: volumeName(1),
    shard: '000001',
    entries: entriesOf(o.dir, items),
    onEntry: () => {},
    onLoss: () => {},
    readBack: 'hash',
  })
  const salt = randomBytes(32)
  const index = await writeIndex({ ...common, name: indexName(o.source, 1), salt, lines: linesOf(items) })
  const sealed = await sealPackage({
    destination,
    manifest: await manifestOf(o, items, volume, index),
    signer: o.operator,
    hostKeys: [],
    at: o.at,
    language: 'en',
  })
  const salts = { [index.name]: salt.toString('hex') }
  return { ...sealed, salts, items, url: destination.url }
}

async function manifestOf(
  o: Parameters<typeof makePackage>[0],
  items: readonly Item[],
  volume: Awaited<ReturnType<typeof writeVolume>>,
  index: Manifest['indexes'][number],
): Promise<Omit<Manifest, 'files'>> {
  const all: Tally = { items: items.length, bytes: items.reduce((sum, { bytes }) => sum + bytes, 0) }
  const none: Tally = { items: 0, bytes: 0 }
  return {
    schema: 'restitute/manifest/v1',
    id: randomUUID(),
    createdAt: isoTime(o.at),
    contract: o.contract,
    operation: 'R1',
    package: 'R1-0001',
    sequence: 1,
    contractPinned: true,
    recipients: o.recipients.map(({ fingerprint }) => fingerprint),
    volumes: [volume.record],
    indexes: [index],
    sources: [
      {
        name: o.source,
        instance: 'PRIM',
        kind: 'tree',
        fingerprint: (await folderFingerprint(o.dir)) ?? '',
        view: { point: isoTime(o.at), consistency: 'per-item', takenAt: isoTime(o.at) },
        totals: {
          inventoried: all,
          exported: all,
          unchanged: none,
          removed: none,
          excluded: none,
          lost: none,
        },
        payload: { files: all.items, bytes: all.bytes },
        reasons: {},
      },
    ],
    readBack: { mode: 'hash', volumes: 1, bytes: volume.record.bytes },
    measurements: volume.measurements,
    tools: { restitute: '0.1.0' },
  }
}

async function* entriesOf(dir: string, items: readonly Item[]): AsyncIterable<Entry> {
  for (const { id, bytes } of items) {
    yield {
      path: `data/${id}`,
      item: id,
      type: 'file',
      size: bytes,
      mode: 0o644,
      modified: 0n,
      content: () => createReadStream(join(dir, id)),
    }
  }
}

function* linesOf(items: readonly Item[]): Iterable<IndexLine> {
  for (const { id, kind, bytes, mark, digest } of items) {
    const sha256 = digest ?? ''
    yield { item: id, kind, state: 'exported', bytes, mark, digest: sha256 }
    yield { entry: `data/${id}`, item: id, type: 'file', size: bytes, sha256, volume: volumeName(1) }
  }
}
