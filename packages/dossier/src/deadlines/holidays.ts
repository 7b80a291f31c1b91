/** The day before Ascension and Pentecost are counted from: Easter Sunday in the Gregorian calendar. */
export function easter(year: number): Temporal.PlainDate {
  // Gauss's method in its Gregorian form (Lilius and Clavius: golden number, epact, Sunday after the full moon).
  const century = Math.floor(year / 100)
  const golden = year % 19
  const corrected =
    (century - Math.floor(century / 4) - Math.floor((8 * century + 13) / 25) + 19 * golden + 15) % 30
  const moon =
    corrected -
    Math.floor(corrected / 28) * (1 - Math.floor(29 / (corrected + 1)) * Math.floor((21 - golden) / 11))
  const weekday = (year + Math.floor(year / 4) + moon + 2 - century + Math.floor(century / 4)) % 7
  return Temporal.PlainDate.from({ year, month: 3, day: 28 }).add({ days: moon - weekday })
}

const fixed: ReadonlySet<string> = new Set([
  '01-01',
  '05-01',
  '05-08',
  '07-14',
  '08-15',
  '11-01',
  '11-11',
  '12-25',
])

// Easter Monday, Ascension, Whit Monday.
const afterEaster = [1, 39, 50]

/** Whether a date is a public holiday in France (Code du travail, L3133-1); those of Alsace-Moselle are not. */
export function isHoliday(date: Temporal.PlainDate): boolean {
  if (fixed.has(date.toString().slice(5))) return true
  const sunday = easter(date.year)
  return afterEaster.some((days) => sunday.add({ days }).equals(date))
}

/** Monday to Friday, but for public holidays. */
export function isWorkingDay(date: Temporal.PlainDate): boolean {
  return date.dayOfWeek <= 5 && !isHoliday(date)
}
