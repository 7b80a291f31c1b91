import { RestituteError } from './errors.ts'

/** An ISO 8601 duration, its parts kept apart: months and days are calendar units. */
export interface Duration {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly seconds: number
}

const pattern = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** Above it, calendars end and years no longer have four digits. */
const longestYears = 1000

/** Reads `PT48H`, `P30D`, `P3M`, of no more than 1000 years; throws `contract-invalid`. */
export function parseDuration(text: string): Duration {
  const match = pattern.exec(text)
  if (!match || /[PT]$/.test(text)) {
    throw new RestituteError(
      'contract-invalid',
      `duration: expected ISO 8601 such as PT48H or P30D, got ${text}`,
    )
  }
  const [years, months, weeks, days, h, m, s] = match.slice(1).map((part) => Number(part ?? 0))
  return within(text, {
    years: years ?? 0,
    months: months ?? 0,
    days: (weeks ?? 0) * 7 + (days ?? 0),
    seconds: (h ?? 0) * 3600 + (m ?? 0) * 60 + (s ?? 0),
  })
}

function within(text: string, duration: Duration): Duration {
  const { years, months, days, seconds } = duration
  if (years + months / 12 + (days + seconds / 86_400) / 365 <= longestYears) return duration
  throw new RestituteError(
    'contract-invalid',
    `duration: expected no more than ${longestYears} years, got ${text}`,
  )
}

/** `at` plus a duration, in UTC; a month's end stays in its month (31 January + P1M = 28 or 29 February). */
export function addDuration(at: Date, duration: Duration): Date {
  const month = at.getUTCMonth() + duration.months + duration.years * 12
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const moved = new Date(at)
  moved.setUTCFullYear(at.getUTCFullYear(), month, Math.min(at.getUTCDate(), lastDay))
  return new Date(moved.getTime() + duration.days * 86_400_000 + duration.seconds * 1000)
}
