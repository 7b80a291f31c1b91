import { type Difference, type Item, type KnownItem, throwIfInterrupted } from '@restitute/core'
import { numberOf } from './attributes.ts'
import { Breath } from './breath.ts'
import { contentDigest } from './content-digest.ts'
import { changedFact, type Facts } from './facts.ts'
import { extentsOf } from './holes.ts'
import { KnownLeaders } from './known-leaders.ts'
import { unreadable } from './look.ts'
import { type Pair, pairs } from './merge.ts'
import { markOfHandle, openFile, readRange } from './open-file.ts'
import { readSmallFile, smallBytes } from './small-file.ts'
import { walk } from './walk.ts'

const defaultPartBytes = 2 ** 30

/** Where and how to compare. */
export interface Comparing extends Facts {
  readonly root: Buffer
  readonly signal: AbortSignal
}

/**
 * How a tree differs from what is known of it, ascending by id. Every file is read; what else counts is said in
 * `facts.ts`. A file cut into parts is compared with the part size in `attributes.partBytes`, 1 GiB when it is not given.
 */
export async function* differences(
  known: AsyncIterable<KnownItem>,
  how: Comparing,
): AsyncIterable<Difference> {
  const breath = new Breath()
  const leaders = new KnownLeaders()
  for await (const pair of pairs(known, walk(how.root, how.signal))) {
    throwIfInterrupted(how.signal)
    const difference = await judge(leaders.adopted(pair), how)
    if (difference !== undefined) yield difference
    await breath.after(pair.now?.bytes ?? 0)
  }
}

async function judge({ known, now }: Pair, how: Comparing): Promise<Difference | undefined> {
  if (now === undefined) return known && { item: known.id, change: 'removed' }
  if (now.lost !== undefined) return { item: now.id, change: 'unreadable', detail: now.lost }
  if (known === undefined) return { item: now.id, change: 'new' }
  const fact = changedFact(known, now, how)
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
  const { bytes, loss } = readSmallFile(root, now)
  if (bytes === undefined) return { loss }
  const digest = await contentDigest(now.bytes, partBytes, ({ offset, length }) => ({
    content: [bytes.subarray(offset, offset + length)],
  }))
  return { digest, loss }
}

async function digestOfLarge(now: Item, partBytes: number, { root, signal }: Comparing): Promise<ReadDigest> {
  try {
    await using handle = await openFile(root, now.id)
    const stats = await handle.stat({ bigint: true })
    const digest = await contentDigest(now.bytes, partBytes, (range) => {
      const extents = extentsOf(handle.fd, stats, range)
      return { extents, content: readRange(handle, range, extents, signal) }
    })
    const changed = (await markOfHandle(handle)) !== now.mark
    return { digest, loss: changed ? 'changed while it was read' : undefined }
  } catch (error) {
    throwIfInterrupted(signal)
    return { loss: unreadable(error) }
  }
}
