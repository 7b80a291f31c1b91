import {
  type Difference,
  type Item,
  type KnownItem,
  type Pair,
  pairs,
  removed,
  throwIfInterrupted,
} from '@restitute/core'
import { numberOf } from './attributes.ts'
import { Breath } from './breath.ts'
import { changedFact, type Facts } from './facts.ts'
import { type FileDigest, fileDigest } from './file-digest.ts'
import { isShared, KnownLeaders } from './known-leaders.ts'
import { TempTable } from './temp-table.ts'
import { walk } from './walk.ts'

const defaultPartBytes = 2 ** 30

/** Where and how to compare. */
export interface Comparing extends Facts {
  readonly root: Buffer
  readonly signal: AbortSignal
}

/** {@link Comparing}, and the digests of files with several names, which are read once. */
interface Judging extends Comparing {
  readonly digests: TempTable<string>
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
  using leaders = new KnownLeaders()
  using digests = new TempTable<string>()
  for await (const pair of pairs(known, walk(how.root, how.signal))) {
    throwIfInterrupted(how.signal)
    const difference = await judge(leaders.adopted(pair), { ...how, digests })
    if (difference !== undefined) yield difference
    await breath.after(pair.now?.bytes ?? 0)
  }
}

async function judge({ known, now }: Pair, how: Judging): Promise<Difference | undefined> {
  if (now === undefined) return removed(known)
  if (now.lost !== undefined) return { item: now.id, change: 'unreadable', detail: now.lost }
  if (known === undefined) return { item: now.id, change: 'new' }
  const fact = changedFact(known, now, how)
  if (fact !== undefined) return { item: now.id, change: 'changed', detail: fact }
  return now.kind === 'file' ? judgeContent(known, now, how) : undefined
}

async function judgeContent(known: Item, now: Item, how: Judging): Promise<Difference | undefined> {
  const { digest, loss } = await digestOf(now, numberOf(known, 'partBytes') ?? defaultPartBytes, how)
  if (digest === undefined) return { item: now.id, change: 'unreadable', ...(loss ? { detail: loss } : {}) }
  const detail = loss ?? (digest === known.digest ? undefined : 'content')
  return detail === undefined ? undefined : { item: now.id, change: 'changed', detail }
}

async function digestOf(now: Item, partBytes: number, how: Judging): Promise<FileDigest> {
  const { root, signal, digests } = how
  const key = `${partBytes} ${now.leader ?? now.id}`
  const digest = now.leader === undefined ? undefined : digests.get(key)
  if (digest !== undefined) return { digest }
  const read = await fileDigest(root, now, partBytes, signal)
  if (isShared(now) && read.digest !== undefined && read.loss === undefined) digests.set(key, read.digest)
  return read
}
