import { createHash } from 'node:crypto'
import { type Entry, type EntryAttributes, RestituteError } from '@restitute/core'
import { sha256Hex } from '@restitute/manifest'
import { chunkBytes } from './chunks.ts'
import type { EntryRecord } from './types.ts'

/** A directory of a bag with what only a directory entry can carry. */
export interface BagDirectory extends EntryAttributes {
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Nanoseconds since 1970. */
  readonly modified: bigint
}

/** What a bag is made of. The functions are called more than once and must give the same each time. */
export interface BagSource {
  /** The files below `data/` and links to them, in path order; directories among them are passed over. */
  readonly payload: () => AsyncIterable<EntryRecord>
  /** The tag files that other volumes hold (`tree-000001.jsonl`, …). */
  readonly tags: () => AsyncIterable<EntryRecord>
  readonly directories: () => AsyncIterable<BagDirectory>
  /** Further lines of `bag-info.txt`: `External-Identifier`, `Source-Organization`, … */
  readonly info: Readonly<Record<string, string>>
  /** `Bagging-Date` and the time of the files made here. */
  readonly at: Date
}

interface ListFile {
  readonly size: number
  readonly sha256: string
  readonly lines: () => AsyncIterable<string>
}

/**
 * The entries that make a bag of a source (RFC 8493, BagIt 1.0), for its last volume: `bagit.txt`, `bag-info.txt`,
 * `manifest-sha256.txt`, `tagmanifest-sha256.txt`, then the directories, `data` among them. The lists are generated
 * as they are read, so their length does not matter; `payload` is gone through twice. Throws `internal` for a payload
 * file outside `data/` or without digest.
 */
export async function* bagEntries(o: BagSource): AsyncIterable<Entry> {
  const oxum = { octets: 0, streams: 0 }
  const payload = (tally = { octets: 0, streams: 0 }) => payloadLines(o.payload(), tally)
  const manifest = { ...(await digestOf(payload(oxum))), lines: () => payload() }
  const bagit = textFile('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n')
  const info = textFile(bagInfo(o, `${oxum.octets}.${oxum.streams}`))
  const made = { 'bagit.txt': bagit, 'bag-info.txt': info, 'manifest-sha256.txt': manifest }
  const tags = () => tagLines(made, o.tags())
  const tagManifest = { ...(await digestOf(tags())), lines: tags }
  for (const [path, file] of Object.entries({ ...made, 'tagmanifest-sha256.txt': tagManifest })) {
    yield fileEntry(path, file, o.at)
  }
  yield* directoryEntries(o)
}

async function* payloadLines(
  payload: AsyncIterable<EntryRecord>,
  oxum: { octets: number; streams: number },
): AsyncIterable<string> {
  for await (const record of payload) {
    if (record.type === 'directory') continue
    if (!record.path.startsWith('data/')) throw unfit('outside data/')
    oxum.octets += record.size
    oxum.streams++
    yield lineOf(record)
  }
}

async function* tagLines(
  made: Readonly<Record<string, ListFile>>,
  tags: AsyncIterable<EntryRecord>,
): AsyncIterable<string> {
  for (const [path, { sha256 }] of Object.entries(made)) yield `${sha256}  ${path}\n`
  for await (const record of tags) if (record.type === 'file') yield lineOf(record)
}

function lineOf(record: EntryRecord): string {
  if (!record.sha256) throw unfit('without digest')
  return `${record.sha256}  ${record.path}\n`
}

/** One line each: white space inside a value becomes a single space. */
function bagInfo(o: BagSource, oxum: string): string {
  const all = { ...o.info, 'Bagging-Date': o.at.toISOString().slice(0, 10), 'Payload-Oxum': oxum }
  return Object.entries(all)
    .map(([label, value]) => `${label}: ${value.replace(/\s+/g, ' ').trim()}\n`)
    .join('')
}

async function digestOf(lines: AsyncIterable<string>): Promise<Omit<ListFile, 'lines'>> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of encoded(lines)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { size, sha256: hash.digest('hex') }
}

function textFile(text: string): ListFile {
  const lines = async function* () {
    yield text
  }
  return { size: Buffer.byteLength(text), sha256: sha256Hex(text), lines }
}

function fileEntry(path: string, file: ListFile, at: Date): Entry {
  return {
    path,
    type: 'file',
    size: file.size,
    mode: 0o644,
    modified: nanoseconds(at),
    content: () => encoded(file.lines()),
  }
}

async function* encoded(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  let text = ''
  for await (const line of lines) {
    text += line
    if (text.length < chunkBytes) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

/** A bag without payload has the folder all the same (RFC 8493, section 2.1.2). */
async function* directoryEntries(o: BagSource): AsyncIterable<Entry> {
  let hasData = false
  for await (const { path, mode, modified, uid, gid, pax } of o.directories()) {
    hasData ||= path === 'data'
    const owner = {
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
      ...(pax && { pax }),
    }
    yield directoryEntry({ path, mode, modified, ...owner })
  }
  if (!hasData) yield directoryEntry({ path: 'data', mode: 0o755, modified: nanoseconds(o.at) })
}

function directoryEntry(directory: BagDirectory): Entry {
  return { ...directory, type: 'directory', size: 0, content: async function* () {} }
}

function nanoseconds(at: Date): bigint {
  return BigInt(Math.floor(at.getTime() / 1000)) * 1_000_000_000n
}

function unfit(what: string): RestituteError {
  return new RestituteError('internal', `bag: a payload or tag file is ${what}`)
}
