/** Where the time comes from. Every part is given one; none reads the system clock by itself. */
export interface Clock {
  now(): Date
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() }

/** ISO 8601 in UTC, to the second: `2026-11-22T10:00:00Z`, the only form of time in documents. */
export function isoTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`
}
