import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, RestituteError } from '@restitute/core'

const pattern = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/
const minuteMs = 60_000
const dayMinutes = 1440

/**
 * Milliseconds until a daily window such as `22:00-06:00` (the machine's local time) is open; 0 when it is.
 * Throws `contract-invalid` for another form.
 */
export function untilOpen(window: string, now: Date): number {
  const match = pattern.exec(window)
  if (!match) {
    throw new RestituteError('contract-invalid', `window: expected for instance 22:00-06:00, got ${window}`)
  }
  const [from = 0, fromMinute = 0, to = 0, toMinute = 0] = match.slice(1).map(Number)
  const opens = from * 60 + fromMinute
  const length = modulo(to * 60 + toMinute - opens)
  const minutes = now.getHours() * 60 + now.getMinutes()
  const since = modulo(minutes - opens)
  if (since < length || length === 0) return 0
  return (dayMinutes - since) * minuteMs - now.getSeconds() * 1000 - now.getMilliseconds()
}

/** Waits until the window is open, looking at the clock again every minute. */
export async function waitForWindow(
  window: string | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (window === undefined) return
  for (let wait = untilOpen(window, clock.now()); wait > 0; wait = untilOpen(window, clock.now())) {
    await sleep(Math.min(wait, minuteMs), undefined, { signal })
  }
}

function modulo(minutes: number): number {
  return (minutes + dayMinutes) % dayMinutes
}
