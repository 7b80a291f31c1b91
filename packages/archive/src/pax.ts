import { mostPaxBytes } from '@restitute/core'
import { readTime } from './pax-time.ts'

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
  ['mtime', (value) => readTime(value) !== undefined],
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

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The records of a pax header, or what is wrong with it (POSIX pax, "pax Extended Header"). */
export function readPax(bytes: Buffer): ReadonlyMap<string, string> | string {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const length = Number(/^([1-9]\d{0,4}) /.exec(bytes.toString('latin1', at, at + 6))?.[1])
    const line = bytes.subarray(at, at + length)
    if (!(line.length === length)) return 'has a pax record of the wrong length'
    const problem = addRecord(records, line)
    if (problem) return problem
    at += length
  }
  return records
}

function addRecord(records: Map<string, string>, line: Buffer): string | undefined {
  const text = decoded(line)
  if (text === undefined) return 'has a pax record that is not UTF-8'
  const [, key = '', value = ''] = /^\d+ ([^=]*)=([^]*)\n$/.exec(text) ?? []
  if (records.has(key)) return `has two pax records of one meaning`
  if (!mayAdd(key, value) && !checks.get(key)?.(value))
    return 'has a pax record that is unknown or makes no sense'
  records.set(key, value)
  return undefined
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
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
