import { isUtf8 } from 'node:buffer'
import { mostPaxBytes } from '@restitute/core'
import { isTime } from './pax-time.ts'

/** Records of one entry: its path twice, another for a link, what its connector adds, and room for the rest. */
export const longestPax: number = 3 * 4096 + mostPaxBytes + 4096

type Check = (value: string) => boolean

const path: Check = (value) => /^[^\0\n]+$/.test(value)
const id: Check = (value) => /^(0|[1-9]\d{0,9})$/.test(value) && Number(value) <= largestId

/** The next one means "leave it as it is" to the system. */
export const largestId: number = 2 ** 32 - 2

const checks: ReadonlyMap<string, Check> = new Map([
  ['path', path],
  ['linkpath', path],
  ['mtime', isTime],
  ['uid', id],
  ['gid', id],
  ['GNU.sparse.major', (value) => value === '1'],
  ['GNU.sparse.minor', (value) => value === '0'],
  ['GNU.sparse.name', path],
  ['GNU.sparse.realsize', (value) => /^(0|[1-9]\d{0,15})$/.test(value)],
])

const addedKey = /^SCHILY\.(acl\.(access|default)|xattr\.[!-<>-~]+)$/
const addedValue = /^[\t\n -~]*$/

/** Whether a connector may add this record to an entry. */
export function mayAdd(key: string, value: string): boolean {
  return addedKey.test(key) && addedValue.test(value)
}

/** The records of a pax header, or what is wrong with it (POSIX pax, "pax Extended Header"). */
export function readPax(bytes: Buffer): ReadonlyMap<string, string> | string {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at)
    const line = bytes.subarray(at, at + length)
    if (length === 0 || line.length < length) return 'has a pax record of the wrong length'
    const problem = addRecord(records, line)
    if (problem) return problem
    at += length
  }
  return records
}

/** Up to five digits and a space; 0 where they are not. */
function lengthAt(bytes: Buffer, from: number): number {
  let length = 0
  let at = from
  for (; at < from + 5 && isDigit(bytes[at]); at++) length = length * 10 + (bytes[at] ?? 0) - 0x30
  return bytes[from] !== 0x30 && bytes[at] === 0x20 ? length : 0
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function addRecord(records: Map<string, string>, line: Buffer): string | undefined {
  if (!isUtf8(line)) return 'has a pax record that is not UTF-8'
  const text = line.toString('utf8')
  const from = text.indexOf(' ') + 1
  const equals = text.endsWith('\n') ? text.indexOf('=', from) : -1
  const key = equals < 0 ? '' : text.slice(from, equals)
  const value = text.slice(equals + 1, -1)
  if (records.has(key)) return `has two pax records of one meaning`
  if (!checks.get(key)?.(value) && !mayAdd(key, value))
    return 'has a pax record that is unknown or makes no sense'
  records.set(key, value)
  return undefined
}

const sparseKeys = ['GNU.sparse.major', 'GNU.sparse.minor', 'GNU.sparse.name', 'GNU.sparse.realsize'] as const

/** Why these records cannot go with an entry of this type, or nothing. */
export function misplacedPax(
  type: 'file' | 'directory' | 'link',
  records: ReadonlyMap<string, string>,
): string | undefined {
  if (type !== 'link' && records.has('linkpath')) return 'has the target of a link with another entry'
  const sparse = sparseKeys.filter((key) => records.has(key)).length
  if (sparse > 0 && type !== 'file') return 'has a sparse entry that is no file'
  if (sparse > 0 && sparse < sparseKeys.length) return 'has a sparse file of another form'
  return undefined
}

/** The records that make an entry a sparse file (GNU sparse format 1.0). */
export function sparsePax(name: string, size: number): Record<string, string> {
  const values = ['1', '0', name, String(size)]
  return Object.fromEntries(sparseKeys.map((key, i) => [key, values[i] ?? '']))
}

/** The name that a reader of tar that knows no sparse files gives one, so that it takes it for nothing else. */
export function sparsePlaceholder(name: string): string {
  const slash = name.lastIndexOf('/')
  return `${name.slice(0, slash)}/GNUSparseFile.0/${name.slice(slash + 1)}`
}
