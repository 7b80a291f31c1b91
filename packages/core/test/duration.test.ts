import { describe, expect, it } from 'vitest'
import { addDuration, parseDuration } from '../src/index.ts'

const none = { years: 0, months: 0, days: 0, seconds: 0 }

function after(at: string, duration: string): string {
  return addDuration(new Date(at), parseDuration(duration)).toISOString()
}

describe('parseDuration', () => {
  it.each([
    ['PT48H', { ...none, seconds: 172_800 }],
    ['P30D', { ...none, days: 30 }],
    ['P3M', { ...none, months: 3 }],
    ['P10Y', { ...none, years: 10 }],
    ['P2W', { ...none, days: 14 }],
    ['PT1M', { ...none, seconds: 60 }],
    ['P1Y2M3W4DT5H6M7S', { years: 1, months: 2, days: 25, seconds: 18_367 }],
    ['P0D', none],
  ])('reads %s', (text, duration) => {
    expect(parseDuration(text)).toEqual(duration)
  })

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '48H',
    'P1H',
    'PT1D',
    'P-1D',
    'P1.5D',
    'p1d',
    ' P1D',
    'P1D ',
    'P1D\n',
    'P1D1M',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'contract-invalid' }))
  })
})

describe('a duration that leads beyond every calendar', () => {
  it.each(['P1000000000D', 'P9999Y', 'P12001M', 'P52143W', 'PT9000000H', `P${'9'.repeat(400)}D`])(
    'is refused: %s',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/no more than 1000 years/)
    },
  )

  it('is taken up to a thousand years', () => {
    expect(after('2026-11-22T10:00:00Z', 'P1000Y')).toBe('3026-11-22T10:00:00.000Z')
    expect(after('2026-11-22T10:00:00Z', 'P365000D')).toBe('3026-03-25T10:00:00.000Z')
  })
})

describe('addDuration', () => {
  it('counts hours and days exactly', () => {
    expect(after('2026-11-22T10:00:00Z', 'PT48H')).toBe('2026-11-24T10:00:00.000Z')
    expect(after('2026-12-15T23:59:59Z', 'P30D')).toBe('2027-01-14T23:59:59.000Z')
  })

  it('keeps the end of a month in the next month', () => {
    expect(after('2026-01-31T12:00:00Z', 'P1M')).toBe('2026-02-28T12:00:00.000Z')
    expect(after('2028-01-31T12:00:00Z', 'P1M')).toBe('2028-02-29T12:00:00.000Z')
    expect(after('2026-08-31T12:00:00Z', 'P3M')).toBe('2026-11-30T12:00:00.000Z')
    expect(after('2028-02-29T00:00:00Z', 'P1Y')).toBe('2029-02-28T00:00:00.000Z')
  })

  it('crosses years, by months too', () => {
    expect(after('2026-11-22T10:00:00Z', 'P3M')).toBe('2027-02-22T10:00:00.000Z')
    expect(after('2026-11-22T10:00:00Z', 'P10Y')).toBe('2036-11-22T10:00:00.000Z')
  })

  it('adds months before days', () => {
    expect(after('2026-01-31T00:00:00Z', 'P1M1D')).toBe('2026-03-01T00:00:00.000Z')
  })

  it('does not depend on summer time, and leaves its argument alone', () => {
    const at = new Date('2026-03-29T00:30:00Z')
    expect(addDuration(at, parseDuration('P1D')).toISOString()).toBe('2026-03-30T00:30:00.000Z')
    expect(at.toISOString()).toBe('2026-03-29T00:30:00.000Z')
  })

  it('keeps milliseconds', () => {
    expect(after('2026-01-01T00:00:00.123Z', 'P1M')).toBe('2026-02-01T00:00:00.123Z')
  })
})
