import type { CostTerms } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { costsOf, declaredCosts } from '../src/costs.ts'

const terms: CostTerms = {
  gigabytes: 2000,
  hours: 40,
  rates: [
    { for: 'transfer', cents: 3 },
    { for: 'work', cents: 9000 },
    { for: 'fixed', cents: 50_000 },
  ],
}
const at = new Date('2026-12-01T00:00:00Z')

it('a rate times what is measured, in whole cents', () => {
  const { lines, cents } = costsOf(terms, { gigabytes: 1234.5, hours: 0.75 }, at)
  expect(lines.map((one) => one.cents)).toEqual([3704, 6750, 50_000])
  expect(cents).toBe(60_454)
})

it('at signature by what was declared, and not without it', () => {
  expect(declaredCosts(terms, at)?.cents).toBe(6000 + 360_000 + 50_000)
  const { gigabytes: _, ...without } = terms
  expect(declaredCosts(without, at)).toBeUndefined()
  expect(declaredCosts({ rates: [{ for: 'fixed', cents: 7 }] }, at)?.cents).toBe(7)
})

it('nothing where the law forbids charging, from the day on which it applies', () => {
  const free = (laws: string[], day: string): (string | undefined)[] =>
    costsOf({ ...terms, laws }, { gigabytes: 1, hours: 1 }, new Date(day)).lines.map((one) => one.free)
  expect(free(['sren-27'], '2025-11-16T23:59:59Z')).toEqual([undefined, undefined, undefined])
  expect(free(['sren-27'], '2025-11-17T00:00:00Z')).toEqual(['sren-27', undefined, undefined])
  expect(free(['data-act-29'], '2027-01-11T23:59:59Z')).toEqual([undefined, undefined, undefined])
  const all = costsOf({ ...terms, laws: ['data-act-29'] }, { gigabytes: 9, hours: 9 }, new Date('2027-01-12'))
  expect(all.cents).toBe(0)
  expect(all.lines.every((one) => one.free === 'data-act-29')).toBe(true)
})
