import { createHash } from 'node:crypto'
import {
  type Entry,
  type Item,
  type KnownItem,
  knownItem,
  type Loss,
  type RestoredEntry,
  type ShardLimits,
  type SourceSpec,
} from '@restitute/core'
import { s3Connector } from '../../src/index.ts'

/** As the runs have them, but for objects that are cut. */
export const limits: ShardLimits = { bytes: 2 ** 30, items: 2000, partBytes: 2 ** 30 }

/** Everything that was exported, contents in memory. */
export interface Exported {
  readonly items: readonly Item[]
  readonly known: readonly KnownItem[]
  readonly entries: readonly (Entry & { readonly bytes: Buffer })[]
  readonly losses: readonly Loss[]
}

export async function* streamOf<T>(list: readonly T[]): AsyncIterable<T> {
  yield* list
}

/** Exports a bucket whole, through the connector alone; `between` runs after the inventory. */
export async function exported(
  spec: SourceSpec,
  between: () => Promise<unknown> = async () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Exported> {
  await using exporter = await s3Connector.freeze(spec, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  await between()
  const entries: (Entry & { readonly bytes: Buffer })[] = []
  const losses: Loss[] = []
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    const own = streamOf(items.slice(shard.first - 1, shard.last))
    for await (const read of exporter.read(shard, own, signal)) {
      if ('lost' in read) losses.push(read)
      else
        entries.push({
          ...read,
          bytes: Buffer.concat(await Array.fromAsync(read.content(), (chunk) => Buffer.from(chunk))),
        })
    }
  }
  return { items, known: knownItems(items, entries, losses), entries, losses }
}

function knownItems(
  items: readonly Item[],
  entries: Exported['entries'],
  losses: readonly Loss[],
): KnownItem[] {
  const lost = new Set(losses.map(({ item }) => item))
  return items
    .filter((item) => item.lost === undefined && !lost.has(item.id))
    .map((item) => {
      const own = entries.filter((entry) => entry.item === item.id)
      return knownItem(
        item,
        own.map(({ size, bytes, part, found }) => ({
          size,
          sha256: createHash('sha256').update(bytes).digest('hex'),
          ...(part === undefined ? {} : { part }),
          ...(found === undefined ? {} : { found }),
        })),
      )
    })
}

/** Restores what was exported, and gives what a comparison says. */
export async function restoredTo(spec: SourceSpec, { entries, known }: Exported): Promise<unknown[]> {
  const { signal } = new AbortController()
  const held = new Set(known.map(({ id }) => id))
  {
    await using restorer = await s3Connector.restore(spec, signal)
    for (const { bytes, ...entry } of entries) {
      if (entry.item !== undefined && !held.has(entry.item)) continue
      const restored: RestoredEntry = { ...entry, content: () => streamOf(bytes.length > 0 ? [bytes] : []) }
      await restorer.accept(restored, signal)
    }
    await restorer.finish(streamOf(known), signal)
  }
  return Array.fromAsync(s3Connector.compare(spec, streamOf(known), signal))
}
