const smallest = 64 * 2 ** 20
const mostSmallParts = 4096

/**
 * Bytes of the parts of a content: 64 MiB, for parts that are all hole cost nothing and others have their zeros
 * hashed; more for very large disks, so that parts do not become countless; never more than the run allows.
 */
export function partBytesOf(size: number, most: number): number {
  let bytes = smallest
  while (size > bytes * mostSmallParts) bytes *= 2
  return Math.min(bytes, most)
}

/** One part of a content, in bytes. */
export interface Part {
  /** From 1. */
  readonly number: number
  readonly offset: number
  readonly length: number
}

/** The parts from number `first` to number `last`. */
export function* partsOf(size: number, partBytes: number, first: number, last: number): Iterable<Part> {
  for (let number = first; number <= last; number++) {
    const offset = (number - 1) * partBytes
    yield { number, offset, length: Math.min(partBytes, size - offset) }
  }
}

/** How many parts a content has; 1 for one that is not cut. */
export function countParts(size: number, partBytes: number): number {
  return Math.max(1, Math.ceil(size / partBytes))
}
