import { setTimeout as sleep } from 'node:timers/promises'

const nanosecondsPerSecond = 1_000_000_000
// Sleeping for less costs more than it slows.
const shortestSleep = 2_000_000n
const longestSleepMs = 100
const [booked, rate, paused] = [0, 1, 2]

/**
 * Shared memory by which the main thread holds all workers of a source together. Cells: the moment (monotonic clock,
 * nanoseconds) at which the bytes granted so far are used up; the rate in bytes per second, 0 for none; 1 while paused.
 */
export type Pace = SharedArrayBuffer

/** How a source may be read just now. */
export interface PaceTerms {
  /** Bytes per second; absent: as fast as it goes. */
  readonly rate?: number
  readonly paused: boolean
}

/** A pace that holds nothing back yet. */
export function newPace(): Pace {
  return new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT)
}

/** Changes it for all workers, those in the middle of a volume too. */
export function setPace(pace: Pace, terms: PaceTerms): void {
  const cells = new BigInt64Array(pace)
  const before = Atomics.exchange(cells, rate, cellOf(terms.rate))
  // What was booked at another rate may be hours away.
  if (before !== cellOf(terms.rate)) Atomics.store(cells, booked, 0n)
  Atomics.store(cells, paused, terms.paused ? 1n : 0n)
}

function cellOf(bytesPerSecond: number | undefined): bigint {
  return bytesPerSecond === undefined ? 0n : BigInt(Math.max(1, Math.round(bytesPerSecond)))
}

/** Waits until so many bytes may be read; undefined when that is now. */
export function passage(pace: Pace, bytes: number, signal: AbortSignal): Promise<void> | undefined {
  const cells = new BigInt64Array(pace)
  const from = reserve(cells, bytes)
  const soon = from - process.hrtime.bigint() <= shortestSleep
  if (soon && Atomics.load(cells, paused) === 0n) return undefined
  return waitFor(cells, from, signal)
}

/** Passes chunks on no faster than the pace allows. */
export async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  pace: Pace,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    const waiting = passage(pace, chunk.length, signal)
    if (waiting) await waiting
    yield chunk
  }
}

/** Books time for these bytes; gives the moment from which they may be used. */
function reserve(cells: BigInt64Array, bytes: number): bigint {
  for (;;) {
    const allowed = Atomics.load(cells, rate)
    if (allowed === 0n) return 0n
    const cost = (BigInt(bytes) * BigInt(nanosecondsPerSecond)) / allowed
    const now = process.hrtime.bigint()
    const until = Atomics.load(cells, booked)
    const from = until > now ? until : now
    if (Atomics.compareExchange(cells, booked, until, from + cost) === until) return from
  }
}

async function waitFor(cells: BigInt64Array, until: bigint, signal: AbortSignal): Promise<void> {
  for (;;) {
    const left = Number((until - process.hrtime.bigint()) / 1_000_000n)
    const held = Atomics.load(cells, paused) !== 0n
    const cancelled = Atomics.load(cells, booked) < until
    if ((left <= 0 || cancelled) && !held) return
    await sleep(held ? longestSleepMs : Math.min(left, longestSleepMs), undefined, { signal })
  }
}
