import { describe, expect, it } from 'vitest'
import { untilOpen, waitForWindow } from '../src/window.ts'

const at = (hours: number, minutes: number): Date => new Date(2026, 5, 10, hours, minutes)
const minute = 60_000

describe('untilOpen', () => {
  it.each([
    ['22:00-06:00', at(22, 0), 0],
    ['22:00-06:00', at(5, 59), 0],
    ['22:00-06:00', at(6, 0), 960 * minute],
    ['22:00-06:00', at(21, 59), minute],
    ['08:30-12:00', at(8, 29), minute],
    ['08:30-12:00', at(11, 59), 0],
    ['08:30-12:00', at(12, 0), 1230 * minute],
    ['08:30-08:30', at(3, 0), 0],
  ])('%s at %s', (window, now, wait) => {
    expect(untilOpen(window, now)).toBe(wait)
  })

  it.each(['22-06', '24:00-06:00', '22:00–06:00', ''])('refuses "%s"', (window) => {
    expect(() => untilOpen(window, at(0, 0))).toThrow(expect.objectContaining({ code: 'contract-invalid' }))
  })
})

describe('waitForWindow', () => {
  it('does not wait without a window or inside it', async () => {
    const { signal } = new AbortController()
    const clock = { now: () => at(23, 0) }
    await expect(waitForWindow(undefined, clock, signal)).resolves.toBeUndefined()
    await expect(waitForWindow('22:00-06:00', clock, signal)).resolves.toBeUndefined()
  })

  it('waits outside it until the clock is inside, and stops waiting when interrupted', async () => {
    const { signal } = new AbortController()
    const times = [new Date(2026, 5, 10, 21, 59, 59, 990), at(22, 0)]
    const clock = { now: () => times.shift() ?? at(22, 0) }
    await waitForWindow('22:00-06:00', clock, signal)
    expect(times).toEqual([])
    const waiting = waitForWindow('22:00-06:00', { now: () => at(12, 0) }, AbortSignal.abort())
    await expect(waiting).rejects.toThrow('aborted')
  })
})
