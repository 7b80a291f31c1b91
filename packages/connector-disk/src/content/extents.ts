import type { Extent } from '@restitute/core'
import type { Range } from './reader.ts'

/** Holes shorter than this are not worth a stretch of their own. */
const grain = 64 * 1024

/**
 * The stretches of a range that hold data, counted from its beginning, rounded and joined so that no image can make
 * many of them; nothing when that is all of the range.
 */
export async function extentsOf(
  data: AsyncIterable<Extent>,
  { offset, length }: Range,
): Promise<readonly Extent[] | undefined> {
  const found: { offset: number; length: number }[] = []
  for await (const stretch of data) {
    const from = Math.floor((stretch.offset - offset) / grain) * grain
    const to = Math.min(length, Math.ceil((stretch.offset - offset + stretch.length) / grain) * grain)
    const last = found.at(-1)
    if (last && from <= last.offset + last.length) last.length = Math.max(last.length, to - last.offset)
    else found.push({ offset: from, length: to - from })
  }
  return found.length === 1 && found[0]?.length === length ? undefined : found
}

/** The stretches of a range, or all of it, by their offsets in the whole. */
export function within({ offset, length }: Range, extents: readonly Extent[] | undefined): readonly Range[] {
  if (extents === undefined) return [{ offset, length }]
  return extents.map((extent) => ({ offset: offset + extent.offset, length: extent.length }))
}

/** Bytes of all stretches together. */
export function bytesOf(extents: readonly Extent[]): number {
  return extents.reduce((sum, { length }) => sum + length, 0)
}
