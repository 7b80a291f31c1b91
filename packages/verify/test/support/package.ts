import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  bagEntries,
  directoryDestination,
  type EntryRecord,
  indexName,
  sealPackage,
  volumeName,
  writeIndex,
  writeVolume,
} from '@restitute/archive'
import type { Destination, Entry } from '@restitute/core'
import {
  documentBytes,
  type IndexEntry,
  type IndexLine,
  type IndexRecord,
  type Manifest,
  readDocument,
  type SourceRecord,
  sha256Hex,
  type VolumeRecord,
} from '@restitute/manifest'
import { type PrivateKey, type PublicKey, signDetached } from '@restitute/seal'
import { noon } from './keys.ts'

const signal = new AbortController().signal
const source = 'records'

/** How a package is made wrong by someone who holds the host's key. */
export interface Mischief {
  /** The lines of the index, before it is written. */
  readonly lines?: (lines: IndexLine[]) => IndexLine[]
  /** The entries of the bag's own volume. */
  readonly bag?: (entries: Entry[]) => Entry[]
  readonly manifest?: (manifest: Omit<Manifest, 'files'>) => Omit<Manifest, 'files'>
  readonly at?: Date
  /** Keys that can open it, too, and that the manifest does not name. */
  readonly further?: readonly PublicKey[]
}

/**
 * A package of one source: a small file with a second name, a file in three parts of which one has a hole and one is
 * nothing else, a symbolic link and a lost item; two volumes and the bag.
 */
export async function makePackage(
  folder: string,
  signer: PrivateKey,
  recipient: PrivateKey,
  mischief: Mischief = {},
): Promise<{ readonly destination: Destination; readonly manifest: Manifest }> {
  const destination = directoryDestination(folder)
  const recipients = [recipient.publicKey, ...(mischief.further ?? [])]
  const records: (EntryRecord & { volume: string })[] = []
  const volumes: VolumeRecord[] = []
  const write = async (shard: string, entries: Iterable<Entry>): Promise<void> => {
    const name = volumeName(volumes.length + 1)
    const onEntry = (record: EntryRecord): void => void records.push({ ...record, volume: name })
    const o = {
      destination,
      name,
      source,
      shard,
      recipients,
      onEntry,
      onLoss: () => {},
      signal,
      readBack: 'hash' as const,
    }
    volumes.push((await writeVolume({ ...o, entries: streamed(entries) })).record)
  }
  await write('000001', [
    file('data/a.txt', 'alpha', { item: 'a.txt' }),
    { ...file('data/also-a.txt', '', { item: 'also-a.txt' }), type: 'link', link: 'data/a.txt' },
    file('tree-000001.jsonl', '{}\n'),
  ])
  await write('000002', [
    file('data/big/part-000001', 'part one', { item: 'big', part: 1 }),
    {
      ...file('data/big/part-000002', 'part two', { item: 'big', part: 2 }),
      size: 9000,
      extents: [{ offset: 4096, length: 8 }],
    },
    { ...file('data/big/part-000003', '', { item: 'big', part: 3 }), size: 9000, extents: [] },
  ])
  const bag: Entry[] = []
  for await (const entry of bagEntries(bagOf(records))) bag.push(await read(entry))
  await write('bag', mischief.bag?.(bag) ?? bag)
  const index = await writeLines(
    destination,
    recipients,
    mischief.lines?.(linesOf(records)) ?? linesOf(records),
  )
  const plain = manifestOf(volumes, index, recipient)
  const sealed = { destination, signer, hostKeys: [], at: mischief.at ?? noon, language: 'en' as const }
  return { destination, ...(await sealPackage({ ...sealed, manifest: mischief.manifest?.(plain) ?? plain })) }
}

/** With its content at hand: the bag tells the next one only once this was read. */
async function read(entry: Entry): Promise<Entry> {
  const content = Buffer.concat(await Array.fromAsync(entry.content()))
  entry.hashed?.(sha256Hex(content))
  return { ...entry, content: () => streamed([content]) }
}

function bagOf(records: readonly EntryRecord[]): Parameters<typeof bagEntries>[0] {
  const payload = records.filter(({ path }) => path.startsWith('data/'))
  const tags = records.filter(({ path }) => !path.startsWith('data/'))
  return {
    payload,
    tally: {
      files: payload.length,
      bytes: payload.reduce((sum, { size }) => sum + size, 0),
      pathBytes: Buffer.byteLength(payload.map(({ path }) => path).join('')),
    },
    tags: () => tags,
    directories: [],
    info: { 'External-Identifier': `R1-0001/${source}` },
    at: noon,
  }
}

async function writeLines(
  destination: Destination,
  recipients: readonly PublicKey[],
  lines: IndexLine[],
): Promise<IndexRecord> {
  const salt = Buffer.alloc(32, 7)
  const name = indexName(source, 1)
  return writeIndex({
    destination,
    name,
    source,
    salt,
    lines,
    recipients,
    signal,
  })
}

function linesOf(records: readonly (EntryRecord & { volume: string })[]): IndexLine[] {
  const entries = (item?: string): IndexEntry[] =>
    records.filter((r) => r.item === item).map(({ path, ...rest }) => ({ entry: path, ...rest }))
  const holed = Buffer.alloc(9000)
  holed.write('part two', 4096)
  const parts = [Buffer.from('part one'), holed, Buffer.alloc(9000)].map((part) =>
    Buffer.from(sha256Hex(part), 'hex'),
  )
  const attributes = { uid: 0, gid: 0, mode: 0o644, mtime: '0' }
  const exported = { state: 'exported', mark: '1', attributes } as const
  const shared = { ...exported, attributes: { ...attributes, nlink: 2 } } as const
  return [
    { item: 'a.txt', kind: 'file', ...shared, bytes: 5, digest: sha256Hex('alpha') },
    ...entries('a.txt'),
    { item: 'also-a.txt', kind: 'file', ...shared, bytes: 5, digest: sha256Hex('alpha'), leader: 'a.txt' },
    ...entries('also-a.txt'),
    { item: 'big', kind: 'file', ...exported, bytes: 18_008, digest: sha256Hex(Buffer.concat(parts)) },
    ...entries('big'),
    {
      ...{ item: 'link', kind: 'symlink', ...exported, bytes: 0, digest: sha256Hex('big') },
      attributes: { ...attributes, target: 'big' },
    },
    { item: 'torn', kind: 'file', state: 'lost', mark: '1', bytes: 9, reason: 'read error' },
    ...entries(),
  ]
}

function manifestOf(
  volumes: VolumeRecord[],
  index: IndexRecord,
  recipient: PrivateKey,
): Omit<Manifest, 'files'> {
  return {
    schema: 'restitute/manifest/v1',
    id: randomUUID(),
    createdAt: '2024-11-22T12:00:00Z',
    contract: { reference: 'TEST-1', sha256: sha256Hex('contract') },
    operation: 'R1',
    package: 'R1-0001',
    sequence: 1,
    contractPinned: false,
    recipients: [recipient.fingerprint],
    volumes,
    indexes: [index],
    sources: [sourceRecord()],
    readBack: { mode: 'hash', volumes: volumes.length, bytes: 1 },
    measurements: [],
    tools: { node: '26' },
  }
}

function sourceRecord(): SourceRecord {
  const none = { items: 0, bytes: 0 }
  return {
    name: source,
    instance: 'PRIM',
    kind: 'files',
    fingerprint: '3f2a-9c1b-77de',
    view: { point: 'now', consistency: 'per-item', takenAt: '2024-11-22T12:00:00Z' },
    totals: {
      inventoried: { items: 5, bytes: 18_027 },
      exported: { items: 4, bytes: 18_018 },
      unchanged: none,
      removed: none,
      excluded: none,
      lost: { items: 1, bytes: 9 },
    },
    payload: { files: 5, bytes: 18_018 },
    reasons: { 'read error': 1 },
  }
}

/** An entry of a bag with this text. */
export function file(
  path: string,
  text: string,
  more: { readonly item?: string; readonly part?: number } = {},
): Entry {
  const content = (): AsyncIterable<Uint8Array> => streamed([Buffer.from(text)])
  return { path, ...more, type: 'file', size: Buffer.byteLength(text), mode: 0o644, modified: 0n, content }
}

/** Changes the manifest of a finished package and signs it again: what only the holder of the key can do. */
export async function resign(
  folder: string,
  signer: PrivateKey,
  change: (manifest: Manifest) => Manifest,
  at: Date = noon,
): Promise<void> {
  const path = join(folder, 'manifest.json')
  const bytes = documentBytes('manifest', change(readDocument('manifest', await readFile(path))))
  await writeFile(path, bytes)
  await writeFile(`${path}.${signer.fingerprint}.asc`, (await signDetached(bytes, signer, at)).armored)
}

/** An array as a stream. */
export async function* streamed<T>(all: Iterable<T>): AsyncIterable<T> {
  yield* all
}
