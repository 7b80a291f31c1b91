import { type Entry, type Item, once, type Shard } from '@restitute/core'
import { mtimeOf, numberOf } from './attributes.ts'
import { bagPath } from './bag-path.ts'
import { paxOf } from './pax.ts'

/** An entry of an item: what is not given follows from the item, and the content is empty. */
export function entryOf(item: Item, given: Partial<Entry>): Entry {
  const pax = paxOf(item)
  return {
    path: bagPath(item),
    item: item.id,
    type: item.kind === 'directory' ? 'directory' : 'file',
    size: 0,
    mode: numberOf(item, 'mode') ?? 0,
    modified: mtimeOf(item),
    uid: numberOf(item, 'uid') ?? 0,
    gid: numberOf(item, 'gid') ?? 0,
    ...(pax === undefined ? {} : { pax }),
    content: () => chunksOf([]),
    ...given,
  }
}

/** The tag file of a shard that tells the truth about its items, from their lines. */
export function treeFile(shard: Shard, lines: readonly string[]): Entry {
  const bytes = Buffer.from(lines.join(''))
  return {
    path: `tree-${shard.id}.jsonl`,
    type: 'file',
    size: bytes.length,
    mode: 0o644,
    modified: 0n,
    content: () => once(bytes),
    atHand: bytes,
  }
}

/** Pieces that are in memory as a stream. */
export async function* chunksOf(pieces: readonly Buffer[]): AsyncIterable<Uint8Array> {
  for (const bytes of pieces) if (bytes.length > 0) yield bytes
}
