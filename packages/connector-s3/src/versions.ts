import { createHash } from 'node:crypto'
import type { Listed } from './listing.ts'

/** A version in its place among those of its key. */
export interface Version extends Listed {
  /** Unique; ascending by key, oldest first within a key. */
  readonly id: string
}

/**
 * The versions of a listing with ids, oldest first within a key: one key is held at a time. `key<TAB>time-rank-digest`:
 * the time is that of its making, or that of an older version which claims to be newer (an upload in parts counts from
 * its beginning), the rank tells those of the same millisecond apart, and the digest is of the version id.
 */
export async function* withIds(listing: AsyncIterable<Listed>): AsyncIterable<Version> {
  let group: Listed[] = []
  for await (const one of listing) {
    if (group.length > 0 && group[0]?.key !== one.key) {
      yield* identified(group)
      group = []
    }
    group.push(one)
  }
  yield* identified(group)
}

function* identified(newestFirst: readonly Listed[]): Iterable<Version> {
  let [time, rank] = ['', 0]
  for (const one of newestFirst.toReversed()) {
    if (one.modified > time) [time, rank] = [one.modified, 0]
    else rank++
    const digest = createHash('sha256').update(one.version).digest('hex').slice(0, 8)
    yield { ...one, id: idOf(one.key, `${compact(time)}-${String(rank).padStart(4, '0')}-${digest}`) }
  }
}

/** `20261128T161720.123Z`. */
function compact(time: string): string {
  return time.replace(/[-:]/g, '')
}

/**
 * Id of something that belongs to a key. A tab sorts below everything that stands in the key; the few characters up to
 * the line feed that would not be above it become a line feed and two hexadecimal digits, which keeps their order.
 */
export function idOf(key: string, suffix: string): string {
  // oxlint-disable-next-line no-control-regex
  const escaped = key.replace(/[\0-\n]/g, (c) => `\n${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `${escaped}\t${suffix}`
}

/** Id of an incomplete upload: after the versions of its key. */
export function uploadId(key: string, id: string): string {
  return idOf(key, `upload-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`)
}
