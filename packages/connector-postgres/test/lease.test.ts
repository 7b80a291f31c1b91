import { describe, expect, it } from 'vitest'
import { Lease, lookMs } from '../src/lease.ts'

/** Minutes for which a view is held after it was looked at so often. */
function minutes(lease: Lease, looks: readonly boolean[]): number {
  for (const used of looks) expect(lease.hasEnded(used)).toBe(false)
  let unused = 1
  while (!lease.hasEnded(false)) unused++
  return (unused * lookMs) / 60_000
}

describe('a view that nobody uses any more', () => {
  it.each([
    ['an export, which is run again', false, [true, false, true], 24 * 60],
    ['an export that was killed at its very start', false, [], 10],
    ['an inventory or a check, in which nobody goes on', true, [true, false, true], 1],
  ])('is held for as long as %s may need it', (_, alone, looks, held) => {
    expect(minutes(new Lease(alone), looks)).toBe(held)
  })
})
