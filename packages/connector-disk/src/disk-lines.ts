import type { Entry, Item, Shard } from '@restitute/core'
import { countParts } from './content/parts.ts'
import type { Slice } from './shards.ts'

/** Name of the tag files that say what lies where, for those who have no index. */
export const linesName: RegExp = /^disks-[^/]+\.jsonl$/

/** A line of them. */
export interface DiskLine {
  /** Id of the item. */
  readonly name: string
  readonly kind: string
  readonly path: string
  readonly bytes: number
  /** How many parts it is cut into; absent: it is whole. */
  readonly parts?: number
}

/** Collects the lines of a shard. */
export class DiskLines {
  readonly #lines: string[] = []

  add({ id, kind, bytes, attributes, lost }: Item, slice: Slice | undefined): void {
    const { path, ...rest } = attributes ?? {}
    const parts = slice ? { parts: countParts(bytes, slice.partBytes) } : {}
    const line = {
      name: id,
      kind,
      path,
      bytes,
      ...parts,
      attributes: rest,
      ...(lost !== undefined && { lost }),
    }
    this.#lines.push(`${JSON.stringify(line)}\n`)
  }

  *entries({ id }: Shard): Iterable<Entry> {
    if (this.#lines.length === 0) return
    const bytes = Buffer.from(this.#lines.join(''))
    yield {
      path: `disks-${id}.jsonl`,
      type: 'file',
      size: bytes.length,
      mode: 0o644,
      modified: 0n,
      async *content() {
        yield bytes
      },
    }
  }
}
