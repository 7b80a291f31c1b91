/**
 * Quantile of Student's t distribution at 0.95: half of a two-sided interval at 90 %. `degrees` of freedom above 0,
 * whole or not. Hill's expansion of the normal quantile (Abramowitz and Stegun 26.7.5), exact below three degrees
 * where it fails; good to three digits.
 */
export function studentQuantile95(degrees: number): number {
  if (degrees < 1.5) return oneDegree
  if (degrees < 2.5) return twoDegrees
  const z = 1.6448536269514722
  const g1 = (z ** 3 + z) / 4
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4
}

const oneDegree = 6.3138
const twoDegrees = 2.92
