import type { Window } from '@restitute/core'

const minute = 60_000
const step = 15 * minute
const longest = 10 * 366 * 24 * 60 * minute

/**
 * Seconds that go by from `start` until work of so many seconds is done that goes on only while the window is open:
 * to a quarter of an hour; ten years when they would not do.
 */
export function elapsedIn(window: Window | undefined, start: Date, seconds: number): number {
  if (window === undefined || seconds <= 0) return Math.max(0, seconds)
  let left = seconds * 1000
  for (let at = start.getTime(); at - start.getTime() < longest; at += step) {
    if (!window.isOpen(new Date(at))) continue
    if (left <= step) return (at - start.getTime() + left) / 1000
    left -= step
  }
  return longest / 1000
}
