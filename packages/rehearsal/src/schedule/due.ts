import { RestituteError } from '@restitute/core'
import { Cron } from 'croner'

/** When rehearsals are due: five cron fields, by the clocks of France (summer time observed). */
export interface Schedule {
  /** The first moment after `at`. */
  next(at: Date): Date
  /** The last moment at or before `at`, not before `from`; undefined when there is none. */
  last(from: Date, at: Date): Date | undefined
}

const zone = 'Europe/Paris'

/** Reads `0 2 1 * *`; throws `contract-invalid` for what is no schedule, or never comes. */
export function parseSchedule(cron: string): Schedule {
  const job = read(cron)
  const next = (at: Date): Date => job.nextRun(at) ?? never(cron)
  return {
    next,
    last(from, at) {
      // The library's "previous" depends on what it has run itself: so the moments are walked through.
      let found: Date | undefined
      const before = new Date(from.getTime() - 1000)
      for (let due = next(before); due <= at; due = next(due)) found = due
      return found
    },
  }
}

function read(cron: string): Cron {
  try {
    const job = new Cron(cron, { paused: true, timezone: zone, mode: '5-part' })
    return job.nextRun() === null ? never(cron) : job
  } catch (cause) {
    throw new RestituteError(
      'contract-invalid',
      `rehearsal: expected a cron expression such as "0 2 1 * *", got "${cron}"`,
      {
        cause,
      },
    )
  }
}

function never(cron: string): never {
  throw new RestituteError('contract-invalid', `rehearsal: "${cron}" never comes`)
}
