import { RestituteError } from './errors.ts'

/** The daily hours in which a source may be read. */
export interface Window {
  /** As the contract has it. */
  readonly text: string
  isOpen(at: Date): boolean
}

const pattern = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)(?: (.+))?$/
const usualZone = 'Europe/Paris'

/**
 * Reads `22:00-06:00` (may span midnight; French time) or `22:00-06:00 Indian/Reunion`; the end is not part of it.
 * Throws `contract-invalid` for another form, equal times or an unknown zone.
 */
export function parseWindow(text: string): Window {
  const [, ...parts] = pattern.exec(text) ?? []
  const [opens, opensMinute, closes, closesMinute] = parts.slice(0, 4).map(Number)
  const from = Number(opens) * 60 + Number(opensMinute)
  const to = Number(closes) * 60 + Number(closesMinute)
  if (Number.isNaN(from)) throw invalid(`expected for instance 22:00-06:00, got ${text}`)
  if (from === to) throw invalid(`expected two different times, got ${text}`)
  const clock = clockOf(parts[4] ?? usualZone)
  return {
    text,
    isOpen(at) {
      const now = minutesOf(clock, at)
      return from < to ? from <= now && now < to : now >= from || now < to
    },
  }
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  } catch (cause) {
    throw invalid(`expected a time zone such as ${usualZone}, got ${timeZone}`, cause)
  }
}

function minutesOf(clock: Intl.DateTimeFormat, at: Date): number {
  const [hours = 0, minutes = 0] = clock.format(at).split(':').map(Number)
  return hours * 60 + minutes
}

function invalid(what: string, cause?: unknown): RestituteError {
  return new RestituteError('contract-invalid', `window: ${what}`, { cause })
}
