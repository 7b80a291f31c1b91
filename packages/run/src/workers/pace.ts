import { setTimeout as sleep } from 'node:timers/promises'

const nanosecondsPerSecond = 1_000_000_000
// Sleeping for less costs more than it slows.
const shortestSleep = 2_000_000n

/** Shared memory that holds all workers of a source together to one rate (bytes per second). */
export function newPace(bytesPerSecond: number): SharedArrayBuffer {
  const pace = new SharedArrayBuffer(16)
  const cells = new BigInt64Array(pace)
  cells[1] = BigInt(Math.max(1, Math.round(bytesPerSecond)))
  return pace
}

/**
 * Passes chunks on no faster than the pace allows. The first cell is the moment (monotonic clock, nanoseconds)
 * at which the bytes granted so far are used up; whoever has a chunk moves it on and waits for where it was.
 */
export async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  pace: SharedArrayBuffer,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    const wait = reserve(new BigInt64Array(pace), chunk.length)
    if (wait > shortestSleep) await sleep(Number(wait / 1_000_000n), undefined, { signal })
    yield chunk
  }
}

/** Books time for these bytes; gives the nanoseconds to wait before using them. */
function reserve(cells: BigInt64Array, bytes: number): bigint {
  const cost = (BigInt(bytes) * BigInt(nanosecondsPerSecond)) / Atomics.load(cells, 1)
  for (;;) {
    const now = process.hrtime.bigint()
    const booked = Atomics.load(cells, 0)
    const from = booked > now ? booked : now
    if (Atomics.compareExchange(cells, 0, booked, from + cost) === booked) return from - now
  }
}
