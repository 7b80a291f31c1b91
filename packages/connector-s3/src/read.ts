import {
  type Entry,
  type Item,
  type JsonObject,
  type Loss,
  once,
  type Shard,
  throwIfInterrupted,
} from '@restitute/core'
import { ahead } from './ahead.ts'
import { Batch } from './batch.ts'
import { entryOf, partPath, textOf, wantedOf } from './entries.ts'
import { factsOf } from './facts.ts'
import { fetchRange, Unreadable } from './fetch.ts'
import { instructions } from './instructions.ts'
import { pieces } from './large-object.ts'
import { tagFile } from './object-lines.ts'
import { type Slice, sliceOf } from './shards.ts'
import type { Store } from './store.ts'

/** Objects up to this size (8 MiB) are read at once; larger ones in ranges of this size. */
const smallBytes = 8 * 1024 * 1024
/** Requests in flight hide how long each takes. */
const mostInFlight = 48
const mostBytesAhead = 64 * 1024 * 1024

/** What a shard is read for. */
interface Reading {
  readonly store: Store
  readonly shard: Shard
  readonly slice: Slice | undefined
  readonly signal: AbortSignal
}

/** An item with what was read of it: a small one whole, a large one when its turn comes. */
interface Read {
  readonly item: Item
  readonly body?: Buffer
  readonly found?: JsonObject
  readonly lost?: string
}

/**
 * The entries of one shard and its losses. Each list of objects comes before the entries that it describes, so that who
 * restores them in their order knows what belongs to them.
 */
export async function* readShard(
  store: Store,
  shard: Shard,
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const abort = new AbortController()
  const reading = { store, shard, slice: sliceOf(shard), signal: AbortSignal.any([signal, abort.signal]) }
  const batch = new Batch(shard.id)
  if (isFirst(shard)) yield tagFile('RESTORE.md', instructions)
  try {
    for await (const read of readAhead(items, reading)) {
      throwIfInterrupted(signal)
      yield* deliver(read, batch, reading)
    }
  } finally {
    abort.abort()
  }
  yield* batch.flush()
}

function isFirst({ first, slice }: Shard): boolean {
  return first === 1 && (slice === undefined || slice['part'] === 1)
}

function readAhead(items: AsyncIterable<Item>, reading: Reading): AsyncIterable<Read> {
  const isSmall = ({ bytes }: Item): boolean => reading.slice === undefined && bytes <= smallBytes
  return ahead(items, async (item) => (isSmall(item) ? readWhole(item, reading) : { item }), {
    most: mostInFlight,
    bytes: mostBytesAhead,
    weigh: (item) => (isSmall(item) ? item.bytes : 0),
  })
}

async function readWhole(item: Item, { store, signal }: Reading): Promise<Read> {
  if (item.lost !== undefined) return { item, lost: item.lost }
  if (item.kind === 'configuration') return { item, body: Buffer.from(textOf(item, 'value')) }
  if (item.kind === 'delete-marker') return { item, body: Buffer.alloc(0) }
  try {
    const wanted = wantedOf(item)
    const { body, headers } = await fetchRange(store, wanted, undefined, signal)
    return { item, body, found: await factsOf(store, wanted, headers, signal) }
  } catch (error) {
    return { item, lost: sentence(error) }
  }
}

function sentence(error: unknown): string {
  if (error instanceof Unreadable) return error.message
  throw error
}

async function* deliver(read: Read, batch: Batch, reading: Reading): AsyncIterable<Entry | Loss> {
  const { item, body, found, lost } = read
  if (lost !== undefined) yield* batch.lose(item, lost)
  else if (body !== undefined) {
    const content = (): AsyncIterable<Uint8Array> => once(body)
    const entry = entryOf(item, { size: body.length, content, atHand: body, ...(found && { found }) })
    yield* batch.add(item, { found }, [entry, ...unreadFacts(item, found)])
  } else if (item.lost === undefined) yield* deliverLarge(item, batch, reading)
  else yield* batch.lose(item, item.lost)
}

async function* deliverLarge(item: Item, batch: Batch, reading: Reading): AsyncIterable<Entry | Loss> {
  const { store, slice, signal } = reading
  const { offset, length } = slice ?? { offset: 0, length: item.bytes }
  const wanted = wantedOf(item)
  const range = pieces(store, wanted, { offset, length }, signal)
  const describes = slice === undefined || slice.part === 1
  let found: JsonObject | undefined
  try {
    const headers = await range.begin()
    if (describes) found = await factsOf(store, wanted, headers, signal)
  } catch (error) {
    yield* describes ? batch.lose(item, sentence(error)) : [{ item: item.id, lost: sentence(error) }]
    return
  }
  if (describes) yield* batch.add(item, { found, ...(slice && { parts: slice.parts }) }, [])
  yield* batch.flush()
  const place = slice === undefined ? {} : { part: slice.part, path: partPath(item, slice.part) }
  yield entryOf(item, { size: length, content: () => range.content(), ...place, ...(found && { found }) })
  if (range.lost !== undefined) yield { item: item.id, lost: range.lost }
  yield* unreadFacts(item, found)
}

/** The content is complete, but not all that belongs to it. */
function unreadFacts(item: Item, found: JsonObject | undefined): Loss[] {
  const unread = found?.['unread']
  return Array.isArray(unread) ? [{ item: item.id, lost: `delivered without its ${unread.join(', ')}` }] : []
}
