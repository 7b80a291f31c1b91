import { RestituteError } from './errors.ts'

/** An ISO 8601 duration, its parts kept apart: months and days are calendar units. */
export interface Duration {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly seconds: number
}

const pattern = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** Reads `PT48H`, `P30D`, `P3M`; throws `contract-invalid`. */
export function parseDuration(text: string): Duration {
  const match = pattern.exec(text)
  if (!match || /[PT]$/.test(text)) {
    throw new RestituteError(
      'contract-invalid',
      `duration: expected ISO 8601 such as PT48H or P30D, got ${text}`,
    )
  }
  const [years, months, weeks, days, h, m, s] = match.slice(1).map((part) => Number(part ?? 0))
  return {
    years: years ?? 0,
    months: months ?? 0,
    days: (weeks ?? 0) * 7 + (days ?? 0),
    seconds: (h ?? 0) * 3600 + (m ?? 0) * 60 + (s ?? 0),
  }
}

/** `at` plus a duration, in UTC; a month's end stays in its month (31 January + P1M = 28 or 29 February). */
export function addDuration(at: Date, duration: Duration): Date {
  const month = at.getUTCMonth() + duration.months + duration.years * 12
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const moved = new Date(at)
  moved.setUTCFullYear(at.getUTCFullYear(), month, Math.min(at.getUTCDate(), lastDay))
  return new Date(moved.getTime() + duration.days * 86_400_000 + duration.seconds * 1000)
}
