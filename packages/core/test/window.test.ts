import { describe, expect, it } from 'vitest'
import { parseWindow } from '../src/index.ts'

describe('parseWindow', () => {
  // Paris is an hour ahead of UTC in winter, two in summer.
  it.each([
    ['22:00-06:00', '2026-01-10T21:00:00Z', true],
    ['22:00-06:00', '2026-01-10T20:59:59Z', false],
    ['22:00-06:00', '2026-01-11T04:59:59Z', true],
    ['22:00-06:00', '2026-01-11T05:00:00Z', false],
    ['22:00-06:00', '2026-07-10T20:00:00Z', true],
    ['22:00-06:00', '2026-07-11T04:00:00Z', false],
    ['08:30-12:00', '2026-01-10T07:30:00Z', true],
    ['08:30-12:00', '2026-01-10T11:00:00Z', false],
    ['00:00-23:59', '2026-01-10T23:00:00Z', true],
    ['22:00-06:00 Indian/Reunion', '2026-01-10T18:00:00Z', true],
    ['22:00-06:00 Indian/Reunion', '2026-01-11T02:00:00Z', false],
  ])('%s at %s: %s', (window, at, open) => {
    expect(parseWindow(window).isOpen(new Date(at))).toBe(open)
  })

  it.each(['22-06', '24:00-06:00', '22:00–06:00', '', '22:00-22:00', '22:00-06:00 Europe/Atlantis'])(
    'refuses "%s"',
    (window) => {
      expect(() => parseWindow(window)).toThrow(expect.objectContaining({ code: 'contract-invalid' }))
    },
  )
})
