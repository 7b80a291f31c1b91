import type { LedgerEvent, Rehearsal } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { growthOf, rehearsalsOf, runSpreadOf, triedForecasts } from '../src/history.ts'

function rehearsal(
  name: string,
  endedAt: string,
  seconds: number,
  bytes = 1e9,
  names = ['documents', 'records'],
): Rehearsal {
  const interval = { low: seconds * 0.8, estimate: seconds, high: seconds * 1.2 }
  const sources = names.map((source) => ({ name: source }))
  const forecast = { export: interval, bytes }
  return { name, startedAt: endedAt, endedAt, sources, forecast } as unknown as Rehearsal
}

function event(type: string, name: string, at: string, sequence = 1): LedgerEvent {
  return { type, at, body: { package: name, sequence } } as unknown as LedgerEvent
}

const whole = ['records', 'documents']
const past = [
  rehearsal('REH1', '2026-01-01T00:00:00Z', 100),
  rehearsal('REH2', '2026-02-01T00:00:00Z', 200, 2e9),
]

it('a real export is compared with the last forecast before it began', () => {
  const events = [
    event('export-started', 'R0-0001', '2025-12-31T00:00:00Z'),
    event('exported', 'R0-0001', '2025-12-31T00:02:00Z'),
    event('export-started', 'R1-0001', '2026-01-15T00:00:00Z'),
    event('exported', 'R1-0001', '2026-01-15T00:01:50Z'),
    event('export-started', 'R2-0001', '2026-02-15T00:00:00Z'),
    event('exported', 'R2-0001', '2026-02-15T00:05:00Z'),
    event('export-started', 'R2-0002', '2026-02-16T00:00:00Z', 2),
    event('exported', 'R2-0002', '2026-02-16T00:00:01Z', 2),
  ]
  expect(triedForecasts(events, past, whole)).toMatchObject([
    { package: 'R1-0001', rehearsal: 'REH1', took: 110, held: true },
    { package: 'R2-0001', rehearsal: 'REH2', took: 300, held: false },
  ])
})

it('a rehearsal of one source forecasts neither the whole nor its growth', () => {
  const small = rehearsal('REH3', '2026-02-20T00:00:00Z', 1, 1e6, ['records'])
  const events = [
    event('export-started', 'R1-0001', '2026-03-01T00:00:00Z'),
    event('exported', 'R1-0001', '2026-03-01T00:03:10Z'),
  ]
  expect(triedForecasts(events, [...past, small], whole)).toMatchObject([{ rehearsal: 'REH2', held: true }])
  expect(rehearsalsOf([...past, small], whole)).toEqual(past)
  expect(rehearsalsOf([...past, small], ['records'])).toEqual([small])
})

it('the spread of whole runs is measured once there are three, and never taken for nothing', () => {
  const tried = (...took: number[]) =>
    took.map((seconds) => ({
      ...{ package: '', rehearsal: '', took: seconds, held: true },
      forecast: { low: 0, estimate: 100, high: 200 },
    }))
  expect(runSpreadOf(tried(500, 500))).toBe(0.1)
  expect(runSpreadOf(tried(100, 100, 100))).toBe(0.05)
  expect(runSpreadOf(tried(100 * Math.exp(0.3), 100 * Math.exp(-0.3), 100 * Math.exp(0.3)))).toBeCloseTo(
    0.3,
    6,
  )
})

it('growth is the line through the sizes that were found', () => {
  expect(growthOf(past)?.bytesPerDay).toBeCloseTo(1e9 / 31, 0)
  expect(growthOf(past.slice(1))).toBeUndefined()
})
