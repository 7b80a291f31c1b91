import { type Difference, type Item, type KnownItem, throwIfInterrupted } from '@restitute/core'
import { ahead } from './ahead.ts'
import { mtimeOf, numberOf } from './attributes.ts'
import { contentDigest } from './content-digest.ts'
import { unreadable } from './look.ts'
import { type Pair, pairs } from './merge.ts'
import { pathOf } from './names.ts'
import { markOfHandle, openFile, readRange } from './open-file.ts'
import { walk } from './walk.ts'

const width = 8
const defaultPartBytes = 2 ** 30

/** Where and how to compare. */
export interface Comparing {
  readonly root: Buffer
  /** Whether the owner (uid, gid) must be equal too. */
  readonly owners: boolean
  readonly signal: AbortSignal
}

/**
 * How a tree differs from what is known of it, ascending by id. Every file is read; kind, mode, owner, link target
 * and time of change (to the microsecond, since Node cannot set more) count as well. A file cut into parts is
 * compared with the part size in `attributes.partBytes`, 1 GiB when it is not given.
 */
export async function* differences(
  known: AsyncIterable<KnownItem>,
  how: Comparing,
): AsyncIterable<Difference> {
  const all = pairs(known, walk(how.root, how.signal))
  for await (const difference of ahead(all, width, (pair) => judge(pair, how))) {
    throwIfInterrupted(how.signal)
    if (difference !== undefined) yield difference
  }
}

async function judge({ known, now }: Pair, how: Comparing): Promise<Difference | undefined> {
  if (now === undefined) return known && { item: known.id, change: 'removed' }
  if (now.lost !== undefined) return { item: now.id, change: 'unreadable', detail: now.lost }
  if (known === undefined) return { item: now.id, change: 'new' }
  const detail = changedFact(known, now, how.owners)
  if (detail !== undefined) return { item: now.id, change: 'changed', detail }
  return now.kind === 'file' ? judgeContent(known, now, how) : undefined
}

async function judgeContent(known: Item, now: Item, how: Comparing): Promise<Difference | undefined> {
  const change = (detail: string): Difference => ({ item: now.id, change: 'changed', detail })
  try {
    await using handle = await openFile(pathOf(how.root, now.id))
    const content = readRange(handle, 0, now.bytes, how.signal)
    const digest = await contentDigest(content, now.bytes, numberOf(known, 'partBytes') ?? defaultPartBytes)
    if ((await markOfHandle(handle)) !== now.mark) return change('it is being written')
    return digest === known.digest ? undefined : change('content')
  } catch (error) {
    throwIfInterrupted(how.signal)
    return { item: now.id, change: 'unreadable', detail: unreadable(error) }
  }
}

/** The first fact in which two items differ, content aside. */
function changedFact(known: Item, now: Item, owners: boolean): string | undefined {
  if (known.kind !== now.kind) return `kind: expected ${known.kind}, got ${now.kind}`
  if (known.bytes !== now.bytes) return `size: expected ${known.bytes} bytes, got ${now.bytes}`
  const facts = ['mode', 'target', 'rawTarget', ...(owners ? ['uid', 'gid'] : [])]
  const fact = facts.find((name) => known.attributes?.[name] !== now.attributes?.[name])
  return fact ?? (sameTime(known, now) ? undefined : 'mtime')
}

function sameTime(known: Item, now: Item): boolean {
  const apart = mtimeOf(known) - mtimeOf(now)
  return apart > -1000n && apart < 1000n
}
