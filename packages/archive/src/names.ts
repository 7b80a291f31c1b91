import { type Entry, RestituteError } from '@restitute/core'

const longestName = 4096
// oxlint-disable-next-line no-control-regex -- they are what must be found
const unsafe = /[\u0000-\u001f\u007f-\u009f\\\ufffd]|[\ud800-\udfff]/u

/** Name in the package of volume number `n`, from 1: `volumes/000001.tar.zst.pgp`. */
export function volumeName(n: number): string {
  return `volumes/${String(n).padStart(6, '0')}.tar.zst.pgp`
}

/** Name in the package of index number `n`, from 1, of a source: `index/records-01.jsonl.zst.pgp`. */
export function indexName(source: string, n: number): string {
  const name = `index/${source}-${String(n).padStart(2, '0')}.jsonl.zst.pgp`
  if (source.includes('/') || nameProblem(name)) {
    throw new RestituteError('internal', `index name: source name ${JSON.stringify(source)} is no file name`)
  }
  return name
}

/**
 * Why a `/`-separated relative name must not be used, or `undefined` when it is harmless: at most 4096 bytes, no
 * empty, `.` or `..` segment (hence neither absolute nor leading out), no backslash and no control character.
 */
export function nameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) > longestName) return `is longer than ${longestName} bytes`
  if (unsafe.test(name)) return 'has a backslash, a control character or bytes that are not UTF-8'
  const segments = name.split('/')
  if (segments.includes('')) return 'is absolute or has an empty segment'
  if (segments.includes('..') || segments.includes('.')) return 'has a . or .. segment'
  return undefined
}

/** Whether a link or a sparse file stands elsewhere than in the payload of its bag, or links to elsewhere. */
export function misplaced({ path, link, extents }: PlacedEntry): boolean {
  if (link === undefined && !extents) return false
  return ![path, link ?? path].every((one) => one.startsWith('data/'))
}

interface PlacedEntry extends Pick<Entry, 'path'> {
  readonly link?: string | undefined
  readonly extents?: Entry['extents'] | undefined
}
