import { describe, expect, it } from 'vitest'
import { formatBytes, formatSeconds, isoTime, parseRate } from '../src/index.ts'

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1500, '1.5 kB'],
    [999_940, '1.0 MB'],
    [1_500_000_000, '1.5 GB'],
    [123_456_789, '123 MB'],
    [50e12, '50.0 TB'],
    [2e18, '2000 PB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

describe('formatSeconds', () => {
  it.each([
    [0, '0 s'],
    [-3, '0 s'],
    [45.4, '45 s'],
    [59.6, '1 min 00 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 05 min'],
    [273_600, '3 d 4 h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text)
  })
})

describe('parseRate', () => {
  it.each([
    ['50MB/s', 50e6],
    ['1GiB/s', 1024 ** 3],
    ['1.5 kB/s', 1500],
    ['10B/s', 10],
    ['2TB/s', 2e12],
  ])('%s', (text, bytes) => {
    expect(parseRate(text)).toBe(bytes)
  })

  it.each(['', '50', '50MB', '50Mb/s', 'MB/s', '-1MB/s', '50mb/s', '50iB/s', '0B/s', '50MB/s '])(
    'refuses %j',
    (text) => {
      expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: 'contract-invalid' }))
    },
  )
})

describe('isoTime', () => {
  it('is UTC to the second', () => {
    expect(isoTime(new Date('2026-11-22T11:00:00.999+01:00'))).toBe('2026-11-22T10:00:00Z')
  })
})
