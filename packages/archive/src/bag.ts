import { type Entry, type EntryAttributes, RestituteError } from '@restitute/core'
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

/** What a bag is made of. */
export interface BagSource {
  /** The files below `data/` and links to them, in path order; directories among them are passed over. */
  readonly payload: Iterable<EntryRecord>
  /** Of `payload`: the list of it is announced before it is made. */
  readonly tally: BagTally
  /** The tag files that other volumes hold (`tree-000001.jsonl`, …); asked for twice, the same each time. */
  readonly tags: () => Iterable<EntryRecord>
  readonly directories: Iterable<BagDirectory>
  /** Further lines of `bag-info.txt`: `External-Identifier`, `Source-Organization`, … */
  readonly info: Readonly<Record<string, string>>
  /** `Bagging-Date` and the time of the files made here. */
  readonly at: Date
}

/** What is known of a payload without going through it. */
export interface BagTally {
  readonly files: number
  readonly bytes: number
  /** Of all paths together, in UTF-8. */
  readonly pathBytes: number
}

/** A digest, two spaces and the line feed. */
const lineBytes = 64 + 3

interface ListFile {
  readonly size: number
  readonly lines: () => Iterable<string>
}

/**
 * The entries that make a bag of a source (RFC 8493, BagIt 1.0), for its last volume: `bagit.txt`, `bag-info.txt`,
 * `manifest-sha256.txt`, `tagmanifest-sha256.txt`, then the directories, `data` among them. The lists are generated
 * as they are read, so their length does not matter; each entry must be read, and its digest told, before the next is asked
 * for. Throws `internal` for a payload file outside `data/` or without digest.
 */
export async function* bagEntries(o: BagSource): AsyncIterable<Entry> {
  const made = new Map<string, string>()
  const listed = (path: string, file: ListFile): Entry =>
    fileEntry(path, file, o.at, (sha256) => made.set(path, sha256))
  yield listed('bagit.txt', textFile('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n'))
  yield listed('bag-info.txt', textFile(bagInfo(o)))
  yield listed('manifest-sha256.txt', payloadList(o))
  if (made.size < 3)
    throw new RestituteError('internal', 'bag: a file was asked for before the one before it was read')
  yield listed('tagmanifest-sha256.txt', tagList(new Map(made), o))
  yield* directoryEntries(o)
}

function payloadList({ payload, tally }: BagSource): ListFile {
  return { size: tally.files * lineBytes + tally.pathBytes, lines: () => payloadLines(payload) }
}

function* payloadLines(payload: Iterable<EntryRecord>): Iterable<string> {
  for (const record of payload) {
    if (record.type === 'directory') continue
    if (!record.path.startsWith('data/')) throw unfit('outside data/')
    yield lineOf(record)
  }
}

function tagList(made: ReadonlyMap<string, string>, { tags }: BagSource): ListFile {
  const lines = () => tagLines(made, tags())
  let size = 0
  for (const line of lines()) size += Buffer.byteLength(line)
  return { size, lines }
}

function* tagLines(made: ReadonlyMap<string, string>, tags: Iterable<EntryRecord>): Iterable<string> {
  for (const [path, sha256] of made) yield `${sha256}  ${path}\n`
  for (const record of tags) if (record.type === 'file') yield lineOf(record)
}

function lineOf(record: EntryRecord): string {
  if (!record.sha256) throw unfit('without digest')
  return `${record.sha256}  ${record.path}\n`
}

/** One line each: white space inside a value becomes a single space. */
function bagInfo({ info, at, tally: { bytes, files } }: BagSource): string {
  const all = { ...info, 'Bagging-Date': at.toISOString().slice(0, 10), 'Payload-Oxum': `${bytes}.${files}` }
  return Object.entries(all)
    .map(([label, value]) => `${label}: ${value.replace(/\s+/g, ' ').trim()}\n`)
    .join('')
}

function textFile(text: string): ListFile {
  return { size: Buffer.byteLength(text), lines: () => [text] }
}

function fileEntry(
  path: string,
  { size, lines }: ListFile,
  at: Date,
  hashed: (sha256: string) => void,
): Entry {
  const content = () => encoded(lines())
  return { path, type: 'file', size, mode: 0o644, modified: nanoseconds(at), hashed, content }
}

async function* encoded(lines: Iterable<string>): AsyncIterable<Uint8Array> {
  let text = ''
  for (const line of lines) {
    text += line
    if (text.length < chunkBytes) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

/** A bag without payload has the folder all the same (RFC 8493, section 2.1.2). */
function* directoryEntries(o: BagSource): Iterable<Entry> {
  let hasData = false
  for (const { path, mode, modified, uid, gid, pax } of o.directories) {
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
