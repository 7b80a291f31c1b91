import { addDuration, type Clock, parseDuration } from '@restitute/core'

/** A clock that runs with the machine's but can be moved on, so that months of a contract pass in a minute. */
export interface DemoClock extends Clock {
  /** Moves on by an ISO 8601 duration. */
  advance(duration: string): void
}

/** A {@link DemoClock} that begins now. */
export function demoClock(): DemoClock {
  let ahead = 0
  return {
    now: () => new Date(Date.now() + ahead),
    advance: (duration) => {
      const now = Date.now() + ahead
      ahead += addDuration(new Date(now), parseDuration(duration)).getTime() - now
    },
  }
}
