import { type Entry, mostPaxBytes, RestituteError } from '@restitute/core'
import { block, padded } from './extents.ts'
import { largestId, mayAdd, sparsePax, sparsePlaceholder } from './pax.ts'
import { writeTime } from './pax-time.ts'
import { type UstarFields, writeUstar } from './ustar.ts'

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
const typeFlags = { file: '0', link: '1', directory: '5' } as const
const paxFlag = 'x'
/** What stands where a name is in the pax records. */
const paxName = 'PaxHeader'

/** The header of an entry, whatever a plain one cannot say in pax records. Throws `internal` for what no header can say. */
export function headerOf(entry: Entry, source: string, { stored, sparse }: StoredSize): Uint8Array {
  const name = `${source}/${entry.path}${entry.type === 'directory' ? '/' : ''}`
  const linkname = entry.type === 'link' ? `${source}/${entry.link}` : ''
  const records = {
    ...timeOf(entry),
    ...ownerOf(entry),
    ...(sparse && sparsePax(name, entry.size)),
    ...added(entry),
  }
  const own = {
    ...{ name: sparse ? sparsePlaceholder(name) : name, linkname, size: stored, flag: typeFlags[entry.type] },
    ...{ mode: entry.mode & 0o7777, uid: entry.uid ?? 0, gid: entry.gid ?? 0 },
    seconds: 'mtime' in records ? 0 : Number(entry.modified / second),
  }
  const plain = plainName.test(own.name) && (linkname === '' || plainName.test(linkname))
  if (plain && isEmpty(records)) return plainHeader(own)
  return extended(own, { path: own.name, ...(linkname !== '' && { linkpath: linkname }), ...records })
}

function isEmpty(records: object): boolean {
  for (const _ in records) return false
  return true
}

function plainHeader(own: UstarFields): Buffer {
  const header = Buffer.allocUnsafe(block)
  writeUstar(header, 0, own)
  return header
}

/** A header for the records, the records, and a header whose names they replace. */
function extended(own: UstarFields, records: Readonly<Record<string, string>>): Buffer {
  const pax = paxRecords(records)
  const size = Buffer.byteLength(pax)
  const second = block + padded(size)
  const all = Buffer.allocUnsafe(second + block).fill(0)
  const linkname = own.linkname && paxName
  writeUstar(all, 0, { ...own, name: paxName, linkname, flag: paxFlag, size })
  all.write(pax, block)
  const name = own.flag === typeFlags.directory ? `${paxName}/` : paxName
  writeUstar(all, second, { ...own, name, linkname })
  return all
}

/** POSIX pax: each record begins with its own length, that number included. */
function paxRecords(records: Readonly<Record<string, string>>): string {
  let text = ''
  for (const [key, value] of Object.entries(records)) {
    const rest = ` ${key}=${value}\n`
    const bytes = Buffer.byteLength(rest)
    const digits = String(bytes + String(bytes).length).length
    text += `${bytes + digits}${rest}`
  }
  return text
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
