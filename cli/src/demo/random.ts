/** A stream of numbers that depends on its seed alone, so that a generated hospital can be generated again. */
export interface Random {
  /** From 0 (inclusive) to `limit` (exclusive), a whole number. */
  below(limit: number): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** Bytes that do not compress. */
  bytes(length: number): Uint8Array
}

/** Numbers of the generator mulberry32; good enough for test data, and for nothing else. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 0x1_0000_0000) * limit)
  return {
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    bytes: (length) =>
      new Uint8Array(Uint32Array.from({ length: Math.ceil(length / 4) }, next).buffer, 0, length),
  }
}

/** A day as `YYYY-MM-DD`, `days` after 1 January of `year`. */
export function day(year: number, days: number): string {
  return new Date(Date.UTC(year, 0, 1 + days)).toISOString().slice(0, 10)
}
