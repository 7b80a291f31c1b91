import type { CostRecord } from '@restitute/manifest'

/** `1234.50 EUR`. */
export function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} EUR`
}

/** The sum and what it is made of: `60.00 EUR (transfer 0.00 EUR, free by sren-27; work 60.00 EUR)`. */
export function costLine({ lines, cents }: CostRecord): string {
  const parts = lines.map(
    (one) => `${one.for} ${euros(one.cents)}${one.free === undefined ? '' : `, free by ${one.free}`}`,
  )
  return `${euros(cents)}${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`
}
