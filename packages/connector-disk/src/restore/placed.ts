import type { RestoredEntry } from '@restitute/core'

/** A piece of a content and where it belongs. */
export interface Placed {
  readonly at: number
  readonly bytes: Uint8Array
}

/** The content of an entry is its extents one after the other. Throws when it has more or less. */
export async function* placed(entry: RestoredEntry): AsyncIterable<Placed> {
  const { path, size, extents } = entry
  const stretches = (extents ?? [{ offset: 0, length: size }]).filter(({ length }) => length > 0)
  let [index, used] = [0, 0]
  for await (let chunk of entry.content()) {
    while (chunk.length > 0) {
      const stretch = stretches[index]
      if (stretch === undefined) throw new Error(`${path}: more content than expected`)
      const bytes = chunk.subarray(0, stretch.length - used)
      yield { at: stretch.offset + used, bytes }
      chunk = chunk.subarray(bytes.length)
      used += bytes.length
      if (used === stretch.length) [index, used] = [index + 1, 0]
    }
  }
  if (index < stretches.length) throw new Error(`${path}: less content than expected`)
}
