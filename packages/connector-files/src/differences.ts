import { type Difference, type Item, type KnownItem, throwIfInterrupted } from '@restitute/core'
import { mtimeOf, numberOf } from './attributes.ts'
import { Breath } from './breath.ts'
import { contentDigest } from './content-digest.ts'
import { unreadable } from './look.ts'
import { type Pair, pairs } from './merge.ts'
import { pathOf } from './names.ts'
import { markOfHandle, openFile, readRange } from './open-file.ts'
import { readSmallFile, smallBytes } from './small-file.ts'
import { walk } from './walk.ts'

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
  const breath = new Breath()
  for await (const pair of pairs(known, walk(how.root, how.signal))) {
    throwIfInterrupted(how.signal)
    const difference = await judge(pair, how)
    if (difference !== undefined) yield difference
    await breath.after(pair.now?.bytes ?? 0)
  }
}

async function judge({ known, now }: Pair, how: Comparing): Promise<Difference | undefined> {
  if (now === undefined) return known && { item: known.id, change: 'removed' }
  if (now.lost !== undefined) return { item: now.id, change: 'unreadable', detail: now.lost }
  if (known === undefined) return { item: now.id, change: 'new' }
  const fact = changedFact(known, now, how.owners)
  if (fact !== undefined) return { item: now.id, change: 'changed', detail: fact }
  return now.kind === 'file' ? judgeContent(known, now, how) : undefined
}

async function judgeContent(known: Item, now: Item, how: Comparing): Promise<Difference | undefined> {
  const read = now.bytes <= smallBytes ? digestOfSmall : digestOfLarge
  const { digest, loss } = await read(now, numberOf(known, 'partBytes') ?? defaultPartBytes, how)
  if (digest === undefined) return { item: now.id, change: 'unreadable', ...(loss ? { detail: loss } : {}) }
  const detail = loss ?? (digest === known.digest ? undefined : 'content')
  return detail === undefined ? undefined : { item: now.id, change: 'changed', detail }
}

/** The digest of a file as it is, or why there is none; both when it changed meanwhile. */
interface ReadDigest {
  readonly digest?: string
  readonly loss?: string | undefined
}

async function digestOfSmall(now: Item, partBytes: number, { root }: Comparing): Promise<ReadDigest> {
  const { bytes, loss } = readSmallFile(pathOf(root, now.id), now)
  if (bytes === undefined) return { loss }
  return { digest: await contentDigest([bytes], now.bytes, partBytes), loss }
}

async function digestOfLarge(now: Item, partBytes: number, how: Comparing): Promise<ReadDigest> {
  try {
    await using handle = await openFile(pathOf(how.root, now.id))
    const content = readRange(handle, 0, now.bytes, how.signal)
    const digest = await contentDigest(content, now.bytes, partBytes)
    const changed = (await markOfHandle(handle)) !== now.mark
    return { digest, loss: changed ? 'changed while it was read' : undefined }
  } catch (error) {
    throwIfInterrupted(how.signal)
    return { loss: unreadable(error) }
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
