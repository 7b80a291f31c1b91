import { asRestituteError, type Clock } from '@restitute/core'
import type { Rehearsal } from '@restitute/manifest'
import type { Schedule } from './due.ts'

/** What {@link keepSchedule} needs. */
export interface KeepOptions {
  readonly schedule: Schedule
  readonly clock: Clock
  /** Sleeps; rejects or returns early when told to stop. */
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly signal: AbortSignal
  /** When the last rehearsal ended; undefined before the first. */
  readonly lastEnded: Date | undefined
  /** From when on rehearsals are due at all. */
  readonly since: Date
  readonly rehearse: () => Promise<Rehearsal>
  /** Up to so many milliseconds are waited after a due moment, so that many dossiers do not begin at once. */
  readonly jitter: number
  /** Told after each attempt, and when a due moment passed while nobody was there. */
  readonly tell: (news: ScheduleNews) => Promise<void>
}

/** What happened to a due rehearsal. */
export type ScheduleNews =
  | { readonly kind: 'done'; readonly due: Date; readonly report: Rehearsal }
  | { readonly kind: 'failed'; readonly due: Date; readonly code: string; readonly message: string }
  /** Somebody else works on the dossier: tried again later. */
  | { readonly kind: 'waiting'; readonly due: Date }
  /** It was due while no scheduler ran: caught up for once, however many there were. */
  | { readonly kind: 'missed'; readonly due: Date }
  | { readonly kind: 'next'; readonly due: Date }

const longestSleep = 60_000
const retryAfter = 5 * 60_000

/**
 * Rehearses whenever it is due, one after the other, until told to stop. Due moments that passed while nothing ran, or
 * while the machine slept, are caught up at once, but one for all of them; those that pass while one is under way or
 * waits are dropped. An attempt that failed is not repeated before the next due moment. A dossier in use is tried again every five minutes: an export or a
 * destruction goes before. The clock is asked at least every minute, for it may be set, forward or back, and machines sleep.
 */
export async function keepSchedule(o: KeepOptions): Promise<void> {
  const after = o.lastEnded ?? o.since
  const missed = o.schedule.last(after, o.clock.now())
  if (missed && missed > after) {
    await o.tell({ kind: 'missed', due: missed })
    await attempt(o, missed)
  }
  while (!o.signal.aborted) {
    const due = o.schedule.next(o.clock.now())
    await o.tell({ kind: 'next', due })
    const begin = new Date(due.getTime() + Math.floor(Math.random() * o.jitter))
    const isReached = await until(o, begin, (now) => o.schedule.next(now) < due)
    if (isReached && !o.signal.aborted) await attempt(o, due)
  }
}

async function attempt(o: KeepOptions, due: Date): Promise<void> {
  while (!o.signal.aborted) {
    try {
      await o.tell({ kind: 'done', due, report: await o.rehearse() })
      return
    } catch (thrown) {
      const { code, message } = asRestituteError(thrown)
      if (o.signal.aborted) return
      if (code !== 'dossier-locked') {
        await o.tell({ kind: 'failed', due, code, message })
        return
      }
      await o.tell({ kind: 'waiting', due })
      await until(o, new Date(o.clock.now().getTime() + retryAfter))
    }
  }
}

/** Whether the moment was reached: not where the clock was set back and something else is due before it. */
async function until(
  o: KeepOptions,
  moment: Date,
  isLate = (_now: Date): boolean => false,
): Promise<boolean> {
  for (let before = o.clock.now(); ; ) {
    const now = o.clock.now()
    if (now < before && isLate(now)) return false
    const left = moment.getTime() - now.getTime()
    if (left <= 0 || o.signal.aborted) return true
    before = now
    await o.sleep(Math.min(left, longestSleep))
  }
}
