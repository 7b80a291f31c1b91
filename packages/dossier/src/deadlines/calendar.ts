import { isoTime, parseDuration } from '@restitute/core'
import type { DeadlineTerm, IsoTime } from '@restitute/manifest'
import { isWorkingDay } from './holidays.ts'

const zone = 'Europe/Paris'

/** A duration and the days in which it is counted. */
export type Period = Pick<DeadlineTerm, 'duration' | 'days'>

/**
 * When a period that begins at `from` is over. Hours are counted from the moment itself, whatever the clocks do
 * in between. Days, weeks, months and years are counted in France as the law counts them (Code de procédure
 * civile, 640 and 641; Regulation 1182/71, article 3): the day of the event does not count, and the last day
 * counts whole, so that the period is over at the midnight after it, in Europe/Paris; a month that has no such
 * day ends on its last. Working days leave out Saturdays, Sundays and public holidays.
 */
export function endOf(from: IsoTime, { duration, days }: Period): IsoTime {
  const parts = parseDuration(duration)
  const start = Temporal.Instant.from(from).toZonedDateTimeISO(zone)
  const exact = duration.startsWith('PT')
  const midnight = exact
    ? start
    : lastDay(start.toPlainDate(), parts, days).add({ days: 1 }).toZonedDateTime(zone)
  return isoTime(new Date(midnight.add({ seconds: parts.seconds }).epochMilliseconds))
}

function lastDay(
  day: Temporal.PlainDate,
  { years, months, days: count }: ReturnType<typeof parseDuration>,
  days: Period['days'],
): Temporal.PlainDate {
  const moved = day.add({ years, months })
  return days === 'working' ? addWorkingDays(moved, count) : moved.add({ days: count })
}

/** Days between two moments by the clocks on the wall in Paris: a change of the clocks makes none longer. */
export function wallDays(from: IsoTime, to: IsoTime): number {
  const wall = (time: IsoTime): Temporal.PlainDateTime =>
    Temporal.Instant.from(time).toZonedDateTimeISO(zone).toPlainDateTime()
  return wall(from).until(wall(to), { largestUnit: 'hours' }).total('hours') / 24
}

/** The working day that is the `count`th after `day`; `day` itself does not count. */
export function addWorkingDays(day: Temporal.PlainDate, count: number): Temporal.PlainDate {
  let date = day
  for (let left = count; left > 0; ) {
    date = date.add({ days: 1 })
    if (isWorkingDay(date)) left--
  }
  return date
}
