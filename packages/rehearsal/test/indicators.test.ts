import type { IndicatorTerms } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { judgeIndicators } from '../src/indicators.ts'

const day = 86_400
const sure = (seconds: number) => ({ low: seconds / 2, estimate: seconds, high: seconds * 2 })
const facts = {
  at: new Date('2026-12-01T00:00:00Z'),
  forecast: { delivered: sure(22.5 * day), verification: sure(day), bytes: 22.5 * day * 40e6 },
  past: [{ endedAt: '2026-10-31T00:00:00Z' }],
}

it.each<[IndicatorTerms, boolean, number]>([
  [{ measure: 'delivery', target: 'P30D', penalty: { cents: 100 } }, true, 0],
  [{ measure: 'delivery', target: 'P20D', penalty: { cents: 100 } }, false, 100],
  [{ measure: 'delivery', target: 'P20D', penalty: { cents: 100, per: 'day' } }, false, 300],
  [{ measure: 'delivery', target: 'P20D' }, false, 0],
  [{ measure: 'verification', target: 'PT48H', penalty: { cents: 5 } }, true, 0],
  [{ measure: 'throughput', target: '50MB/s', penalty: { cents: 7 } }, false, 7],
  [{ measure: 'throughput', target: '40MB/s', penalty: { cents: 7 } }, true, 0],
  [{ measure: 'rehearsal', target: 'P31D', penalty: { cents: 9 } }, true, 0],
  [{ measure: 'rehearsal', target: 'P30D', penalty: { cents: 9 } }, false, 9],
])('%o', (terms, kept, penaltyCents) => {
  expect(judgeIndicators([terms], facts)).toMatchObject([{ kept, penaltyCents, target: terms.target }])
})

it('what cannot be measured is not judged', () => {
  const terms: IndicatorTerms[] = [
    { measure: 'delivery', target: 'P1D', penalty: { cents: 1 } },
    { measure: 'rehearsal', target: 'P1D', penalty: { cents: 1 } },
  ]
  expect(judgeIndicators(terms, { ...facts, forecast: undefined, past: [] })).toEqual([
    { measure: 'delivery', target: 'P1D', penaltyCents: 0 },
    { measure: 'rehearsal', target: 'P1D', penaltyCents: 0 },
  ])
})
