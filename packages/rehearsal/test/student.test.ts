import { expect, it } from 'vitest'
import { studentQuantile95 } from '../src/forecast/student.ts'

// Printed tables of the distribution (two-sided 90 %).
it.each([
  [1, 6.314],
  [2, 2.92],
  [3, 2.353],
  [4, 2.132],
  [5, 2.015],
  [10, 1.812],
  [30, 1.697],
  [120, 1.658],
  [Infinity, 1.645],
])('%d degrees of freedom', (degrees, expected) => {
  expect(Math.abs(studentQuantile95(degrees) - expected)).toBeLessThan(0.02)
})
