import type { Item, Shard, ShardLimits } from './item.ts'

/**
 * Cuts an inventory into shards of consecutive items, by bytes and by number. For connectors whose items need
 * no finer cut; an item larger than the limit gets a shard of its own. Ids are `000001`, `000002`, …
 */
export async function* consecutiveShards(
  items: AsyncIterable<Item>,
  limits: ShardLimits,
): AsyncIterable<Shard> {
  let ordinal = 0
  let first = 1
  let bytes = 0
  let number = 0
  for await (const item of items) {
    ordinal++
    const count = ordinal - first
    if (count > 0 && (bytes + item.bytes > limits.bytes || count >= limits.items)) {
      yield { id: shardId(++number), first, last: ordinal - 1, bytes }
      first = ordinal
      bytes = 0
    }
    bytes += item.bytes
  }
  if (ordinal >= first) yield { id: shardId(++number), first, last: ordinal, bytes }
}

/** `000001`: sorts as text in the order of the numbers. */
export function shardId(number: number): string {
  return String(number).padStart(6, '0')
}
