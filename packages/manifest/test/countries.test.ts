import { expect, it } from 'vitest'
import { isAllowedCountry } from '../src/index.ts'

it.each(['FR', 'IS', 'LI', 'NO', 'RE', 'CH', 'GB', 'JP'])('%s needs no reason', (country) => {
  expect(isAllowedCountry(country)).toBe(true)
})

it.each(['US', 'CA', 'CN', 'RU', 'ZZ', 'fr', ''])('"%s" needs one', (country) => {
  expect(isAllowedCountry(country)).toBe(false)
})
