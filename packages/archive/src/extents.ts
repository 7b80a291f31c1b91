import { type Extent, zeroChunks } from '@restitute/core'
import { ChunkReader } from './chunk-reader.ts'

/** Sparse files have no more stretches in a volume: so many pages of 4 KiB as every other one in 1 GiB. */
export const mostExtents: number = 2 ** 17
/** Bytes of holes that one volume may claim: reading them costs time although nothing is stored for them. */
export const mostHoleBytes: number = 2 ** 40
/** GNU tar begins every stretch of a sparse file at a multiple of it, bsdtar does not: all but the last have whole ones. */
export const block = 512

/** Bytes of the whole blocks that so many bytes take. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / block) * block
}

/** What is wrong with the stretches of a file of `size` bytes, or nothing: they ascend, do not overlap, lie within. */
export function extentsProblem(extents: readonly Extent[], size: number): string | undefined {
  let end = 0
  for (const { offset, length } of extents) {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || length < 0) return 'make no sense'
    if (offset < end) return 'overlap or do not ascend'
    end = offset + length
    if (end > size) return 'do not lie inside it'
  }
  return undefined
}

/** Bytes of all stretches together. */
export function dataBytes(extents: readonly Extent[]): number {
  return extents.reduce((sum, { length }) => sum + length, 0)
}

/** The stretches as a tar can hold them: of whole blocks, joined where they touch, at most {@link mostExtents}. */
export function storableExtents(extents: readonly Extent[], size: number): readonly Extent[] {
  let stored = rounded(extents, size, block)
  for (let grain = 2 * block; stored.length > mostExtents; grain *= 2) stored = rounded(stored, size, grain)
  return stored
}

function rounded(extents: readonly Extent[], size: number, grain: number): readonly Extent[] {
  const found: { offset: number; length: number }[] = []
  for (const { offset, length } of extents.filter((extent) => extent.length > 0)) {
    const from = offset - (offset % grain)
    const to = Math.min(size, Math.ceil((offset + length) / grain) * grain)
    const last = found.at(-1)
    if (last && from <= last.offset + last.length) last.length = to - last.offset
    else found.push({ offset: from, length: to - from })
  }
  return found
}

/** The bytes of wider stretches from those of the stretches within them, zeros between; content left over comes last. */
export async function* widened(
  content: AsyncIterable<Uint8Array>,
  extents: readonly Extent[],
  wider: readonly Extent[],
): AsyncIterable<Uint8Array> {
  const iterator = content[Symbol.asyncIterator]()
  const reader = new ChunkReader(iterator)
  try {
    for (const { hole, data } of runs(extents, wider)) {
      yield* zeroChunks(hole)
      yield* reader.take(data)
    }
    yield* reader.take(Number.POSITIVE_INFINITY)
  } finally {
    await iterator.return?.()
  }
}

/** Where in the file each piece of the content of its stretches belongs. */
export async function* placed(
  content: AsyncIterable<Uint8Array>,
  extents: readonly Extent[],
): AsyncIterable<{ readonly at: number; readonly bytes: Uint8Array }> {
  const reader = new ChunkReader(content[Symbol.asyncIterator]())
  for (const { offset, length } of extents) {
    let at = offset
    for await (const bytes of reader.take(length)) {
      yield { at, bytes }
      at += bytes.length
    }
  }
}

/** Zeros, then data, and so on through the wider stretches. */
function* runs(
  extents: readonly Extent[],
  wider: readonly Extent[],
): Iterable<{ readonly hole: number; readonly data: number }> {
  let next = 0
  for (const { offset, length } of wider) {
    const end = offset + length
    let at = offset
    for (let data = extents[next]; data && data.offset < end; data = extents[++next]) {
      yield { hole: data.offset - at, data: data.length }
      at = data.offset + data.length
    }
    yield { hole: end - at, data: 0 }
  }
}
