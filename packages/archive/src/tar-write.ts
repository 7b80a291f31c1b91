import { createHash } from 'node:crypto'
import { type Entry, type Loss, RestituteError } from '@restitute/core'
import { type Pack, pack } from 'tar-stream'
import { drained } from './drained.ts'
import type { Meter } from './meter.ts'
import { nameProblem } from './names.ts'
import { writeTime } from './pax-time.ts'
import type { EntryRecord } from './types.ts'

/** Where the entries of a tar come from, and who is told of them. */
export interface TarSource {
  /** Name of the bag: the first segment of every name in the tar. */
  readonly source: string
  readonly entries: AsyncIterable<Entry | Loss>
  readonly onEntry: (record: EntryRecord) => void | Promise<void>
  readonly onLoss: (loss: Loss) => void | Promise<void>
  readonly onProgress: (plaintextBytes: number) => void
  readonly meter: Meter
}

type Sink = ReturnType<Pack['entry']>

const lastPlainSecond = 2n ** 31n - 1n
/** Longer names of directories would lie in the prefix field alone. */
const longestPlainName = 100
/** tar-stream takes a mode of 0 for "none given": this bit makes it something, and it is not written. */
const regularFile = 0o100000

/** A POSIX pax tar of the entries, in their order. Throws `internal` when an entry is not what it announced. */
export async function* tarOf(from: TarSource): AsyncIterable<Uint8Array> {
  const tar = pack()
  // Every error reaches the reader through the iteration below, or comes after the reader has left.
  tar.on('error', () => {})
  const packing = packAll(tar, from).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    yield* tar as AsyncIterable<Uint8Array>
  } finally {
    tar.destroy()
    await packing
  }
}

async function packAll(tar: Pack, from: TarSource): Promise<void> {
  const names = new Set<string>()
  for await (const entry of from.meter.over(from.entries, () => 0)) {
    if ('lost' in entry) {
      await from.onLoss(entry)
      continue
    }
    checkName(entry.path, from.source, names)
    const sha256 = await packEntry(tar, entry, from)
    from.meter.items++
    await from.onEntry(recordOf(entry, sha256))
  }
  tar.finalize()
}

function checkName(path: string, source: string, names: Set<string>): void {
  const problem = names.has(path) ? 'occurs twice in one volume' : nameProblem(`${source}/${path}`)
  if (problem) throw new RestituteError('internal', `entry of ${source}: its path ${problem}`)
  names.add(path)
}

async function packEntry(tar: Pack, entry: Entry, from: TarSource): Promise<string | undefined> {
  const sink = Promise.withResolvers<void>()
  const header = headerOf(entry, from.source)
  const stream = tar.entry(header, (error) => (error ? sink.reject(error) : sink.resolve()))
  // Awaited below, unless the content fails first.
  sink.promise.catch(() => {})
  stream.on('error', () => {})
  const sha256 = entry.type === 'file' ? await packContent(stream, entry, from) : undefined
  if (entry.type === 'file') stream.end(null)
  await sink.promise
  return sha256
}

async function packContent(stream: Sink, entry: Entry, from: TarSource): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of from.meter.over(entry.content(), (c) => c.length)) {
    bytes += chunk.length
    if (bytes > entry.size) throw sizeMismatch(entry, 'more')
    hash.update(chunk)
    if (!stream.write(chunk) && !(await drained(stream))) throw givenUp()
    from.onProgress(chunk.length)
  }
  if (bytes < entry.size) throw sizeMismatch(entry, String(bytes))
  return hash.digest('hex')
}

function headerOf(entry: Entry, source: string): Parameters<Pack['entry']>[0] {
  const directory = entry.type === 'directory'
  const name = `${source}/${entry.path}${directory ? '/' : ''}`
  const seconds = entry.modified / 1_000_000_000n
  const plain =
    entry.modified >= 0n && seconds <= lastPlainSecond && seconds * 1_000_000_000n === entry.modified
  const short = Buffer.byteLength(name) <= longestPlainName
  return {
    name,
    type: entry.type,
    size: directory ? 0 : entry.size,
    mode: (entry.mode & 0o7777) | regularFile,
    mtime: new Date(plain ? Number(seconds) * 1000 : 0),
    ...(plain && short ? {} : { pax: plain ? {} : { mtime: writeTime(entry.modified) } }),
  }
}

function recordOf(entry: Entry, sha256: string | undefined): EntryRecord {
  return {
    path: entry.path,
    type: entry.type,
    size: entry.type === 'directory' ? 0 : entry.size,
    ...(entry.item === undefined ? {} : { item: entry.item }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(entry.part === undefined ? {} : { part: entry.part }),
  }
}

function sizeMismatch(entry: Entry, got: string): RestituteError {
  return new RestituteError('internal', `entry of ${entry.size} bytes: expected as many, got ${got}`, {
    hint: 'the item changed while it was read, or its connector announced the wrong size',
  })
}

function givenUp(): RestituteError {
  return new RestituteError('interrupted', 'the volume was given up before its end')
}
