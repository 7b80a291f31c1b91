import { type Entry, mostPaxBytes, RestituteError } from '@restitute/core'
import type { Pack } from 'tar-stream'
import { largestId, mayAdd, sparsePax, sparsePlaceholder } from './pax.ts'
import { writeTime } from './pax-time.ts'

/** What tar-stream is told of an entry. */
export type TarHeader = Parameters<Pack['entry']>[0]

/** How the content of an entry stands in the tar. */
export interface StoredSize {
  /** Bytes after the header. */
  readonly stored: number
  /** In the sparse form: a map, then the data. */
  readonly sparse: boolean
}

const second = 1_000_000_000n
const lastPlainSecond = 2n ** 31n - 1n
const largestPlainId = 0o777777
/** Longer names of directories would lie in the prefix field alone. */
const plainName = /^[ -~]{1,100}$/
/** tar-stream takes a mode of 0 for "none given": this bit makes it something, and it is not written. */
const regularFile = 0o100000

/** The header of an entry, whatever a plain one cannot say in pax records. Throws `internal` for what no header can say. */
export function headerOf(entry: Entry, source: string, { stored, sparse }: StoredSize): TarHeader {
  const name = `${source}/${entry.path}${entry.type === 'directory' ? '/' : ''}`
  const linkname = entry.type === 'link' ? `${source}/${entry.link}` : undefined
  const records = {
    ...timeOf(entry),
    ...ownerOf(entry),
    ...(sparse && sparsePax(name, entry.size)),
    ...added(entry),
  }
  const plain = [name, ...(linkname === undefined ? [] : [linkname])].every((text) => plainName.test(text))
  return {
    name: sparse ? sparsePlaceholder(name) : name,
    type: entry.type,
    size: stored,
    mode: (entry.mode & 0o7777) | regularFile,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: new Date('mtime' in records ? 0 : Number(entry.modified / second) * 1000),
    ...(linkname !== undefined && { linkname }),
    ...((!plain || Object.keys(records).length > 0) && { pax: records }),
  }
}

function timeOf({ modified }: Entry): Record<string, string> {
  const plain = modified >= 0n && modified / second <= lastPlainSecond && modified % second === 0n
  return plain ? {} : { mtime: writeTime(modified) }
}

function ownerOf(entry: Entry): Record<string, string> {
  const records: Record<string, string> = {}
  for (const key of ['uid', 'gid'] as const) {
    const id = entry[key] ?? 0
    if (!Number.isInteger(id) || id < 0 || id > largestId) throw unfit(`a ${key} that is none`)
    if (id > largestPlainId) records[key] = String(id)
  }
  return records
}

function added({ pax = {} }: Entry): Readonly<Record<string, string>> {
  const records = Object.entries(pax)
  if (!records.every(([key, value]) => mayAdd(key, value))) throw unfit('a pax record that tar cannot carry')
  const bytes = records.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (bytes > mostPaxBytes) throw unfit(`${bytes} bytes of pax records, more than ${mostPaxBytes}`)
  return pax
}

function unfit(what: string): RestituteError {
  return new RestituteError('internal', `an entry has ${what}`)
}
