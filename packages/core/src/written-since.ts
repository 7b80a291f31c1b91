import { RestituteError } from './errors.ts'

/** Another clock may go before ours by so much; what is dated later still was so before, by a clock that was set since (milliseconds). */
const ahead = 60_000

/** Whether what is dated `moment` came after `time`. All in milliseconds since 1970; `now`: by the clock that dates it. */
export function isLater(moment: number, time: number, now: number = Date.now()): boolean {
  return moment > time && moment <= now + ahead
}

/**
 * The refusal (`destroy-failed`) to destroy what somebody wrote to since the destroyer was opened: nobody has compared that with what was
 * delivered. `what`: the copy, and what was seen. Says that nothing is gone, unless `begun`.
 */
export function writtenSince(what: string, begun = false): RestituteError {
  return new RestituteError('destroy-failed', `${what} since its destruction was begun`, {
    details: begun ? {} : { untouched: true },
    hint: 'stop what still writes there, then run it again: it says whether that was delivered',
  })
}
