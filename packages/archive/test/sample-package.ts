import { randomBytes } from 'node:crypto'
import type { Entry } from '@restitute/core'
import type { IndexLine, IndexRecord, Manifest, SourceRecord, VolumeRecord } from '@restitute/manifest'
import { generateKey, type PrivateKey, readPrivateKey } from '@restitute/seal'
import {
  type BagDirectory,
  type BagTally,
  bagEntries,
  directoryDestination,
  type EntryRecord,
  indexName,
  sealPackage,
  volumeName,
  writeIndex,
} from '../src/index.ts'
import { fileEntry, volumeOf } from './helpers.ts'
import { linkEntry, sparseEntry } from './special-files.ts'

const hour = 3600_000

export interface Person {
  readonly key: PrivateKey
  readonly armoredPrivate: string
}

export async function newPerson(name: string, expiresInSeconds = 10 * 365 * 86400): Promise<Person> {
  const at = new Date(Date.now() - 2 * hour)
  const { privateKey } = await generateKey({ name, email: `${name}@example.org`, at, expiresInSeconds })
  return { key: await readPrivateKey(Buffer.from(privateKey)), armoredPrivate: privateKey }
}

/** What a source of the sample holds: its shards' entries, its tag files, its directories. */
export interface SampleSource {
  readonly shards: readonly (readonly Entry[])[]
  readonly directories: readonly BagDirectory[]
}

export const sampleSources: Readonly<Record<string, SampleSource>> = {
  records: {
    shards: [
      [
        fileEntry('data/tables/patients/000001.csv', 'id,name\n1,"Zoë"\n'),
        fileEntry('tree-000001.jsonl', '{}\n'),
      ],
      [fileEntry('data/été/naïve.txt', 'accents\n'), fileEntry('data/zeros.bin', Buffer.alloc(300_000))],
    ],
    directories: [
      { path: 'data', mode: 0o755, modified: 1_600_000_000_000_000_000n },
      { path: 'data/tables', mode: 0o555, modified: 1_500_000_000_000_000_000n },
      { path: 'data/tables/patients', mode: 0o555, modified: 1_400_000_000_000_000_000n },
      { path: 'data/empty', mode: 0o750, modified: 1_300_000_000_000_000_000n },
    ],
  },
  documents: {
    shards: [
      [
        fileEntry('data/random.bin', randomBytes(200_000), { mode: 0o400 }),
        linkEntry('data/same.bin', 'data/random.bin', { mode: 0o400 }),
        sparseEntry('data/sparse.bin', 3_000_000, [[1_000_000, randomBytes(5000)]]),
      ],
      [sparseEntry('data/all-hole.bin', 3_000_000, [])],
    ],
    directories: [],
  },
  nothing: { shards: [], directories: [] },
}

/** Writes a whole package, of {@link sampleSources} by default, into a folder; encrypted to the client, signed by the host. */
export async function samplePackage(
  folder: string,
  client: Person,
  host: Person,
  sources: Readonly<Record<string, SampleSource>> = sampleSources,
): Promise<Manifest> {
  const destination = directoryDestination(folder)
  const volumes: VolumeRecord[] = []
  const indexes: IndexRecord[] = []
  for (const [source, sample] of Object.entries(sources)) {
    const told: { record: EntryRecord; volume: string }[] = []
    const write = async (entries: Iterable<Entry> | AsyncIterable<Entry>, shard: string) => {
      const name = volumeName(volumes.length + 1)
      const onEntry = (record: EntryRecord) => void told.push({ record, volume: name })
      const { record } = await volumeOf(destination, entries, client.key, { name, source, shard, onEntry })
      volumes.push(record)
    }
    for (const [n, entries] of sample.shards.entries()) await write(entries, String(n + 1).padStart(6, '0'))
    await write(
      bagOf(
        sample,
        told.map((t) => t.record),
      ),
      'bag',
    )
    indexes.push(
      await writeIndex({
        destination,
        name: indexName(source, 1),
        source,
        salt: randomBytes(32),
        lines: linesOf(told),
        recipients: [client.key.publicKey],
        signal: new AbortController().signal,
      }),
    )
  }
  const sealing = {
    destination,
    signer: host.key,
    hostKeys: [host.key.publicKey],
    at: new Date(Date.now() - 1.5 * hour),
    language: 'en' as const,
  }
  return (await sealPackage({ ...sealing, manifest: draft(Object.keys(sources), volumes, indexes, client) }))
    .manifest
}

function bagOf(sample: SampleSource, records: readonly EntryRecord[]): AsyncIterable<Entry> {
  const payload = records.filter((r) => r.path.startsWith('data/'))
  return bagEntries({
    payload,
    tally: tallyOf(payload),
    tags: () => records.filter((r) => !r.path.startsWith('data/')),
    directories: sample.directories,
    info: { 'Source-Organization': 'A host\nin two lines', 'External-Identifier': 'R1-0001' },
    at: new Date('2026-11-22T10:00:00Z'),
  })
}

function tallyOf(payload: readonly EntryRecord[]): BagTally {
  const paths = payload.map(({ path }) => path).join('')
  const bytes = payload.reduce((sum, { size }) => sum + size, 0)
  return { files: payload.length, bytes, pathBytes: Buffer.byteLength(paths) }
}

function linesOf(told: readonly { record: EntryRecord; volume: string }[]): IndexLine[] {
  return told.map(({ record: { path, item: _item, ...rest }, volume }) => ({ entry: path, ...rest, volume }))
}

function draft(
  names: readonly string[],
  volumes: VolumeRecord[],
  indexes: IndexRecord[],
  client: Person,
): Omit<Manifest, 'files'> {
  const none = { items: 0, bytes: 0 }
  const sources = names.map<SourceRecord>((name) => ({
    name,
    instance: 'PRIM',
    kind: 'files',
    fingerprint: '3f2a-9c1b-77de',
    view: { point: 'version 1', consistency: 'snapshot', takenAt: '2026-11-22T10:00:00Z' },
    totals: { inventoried: none, exported: none, unchanged: none, removed: none, excluded: none, lost: none },
    payload: { files: 0, bytes: 0 },
    reasons: {},
  }))
  return {
    schema: 'restitute/manifest/v1',
    id: '00000000-0000-4000-8000-000000000001',
    createdAt: '2026-11-22T10:00:00Z',
    contract: { reference: 'CHU-2026-014', sha256: 'b'.repeat(64) },
    contractPinned: true,
    operation: 'R1',
    package: 'R1-0001',
    sequence: 1,
    recipients: [client.key.fingerprint],
    volumes,
    indexes,
    sources,
    readBack: { mode: 'hash', volumes: volumes.length, bytes: 0 },
    measurements: [],
    tools: { node: '26.10.0' },
  }
}
