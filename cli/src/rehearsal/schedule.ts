import { rename, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { addDuration, asRestituteError, isoTime, parseDuration, RestituteError } from '@restitute/core'
import type { Rehearsal } from '@restitute/manifest'
import { keepSchedule, metricsText, parseSchedule, type ScheduleNews } from '@restitute/rehearsal'
import { openCase } from '../case.ts'
import { notWritten } from '../new-file.ts'
import type { Outcome, Session } from '../session.ts'
import { type RehearseOptions, rehearseOnce } from './rehearse.ts'
import { pastRehearsals } from './reports.ts'

/** What the scheduler is told beside what each rehearsal is. */
export interface ScheduleOptions extends RehearseOptions {
  /** File for Prometheus' textfile collector. */
  readonly metrics?: string
  /** ISO 8601 duration: each begins up to so much later than due. Default: the contract's, else none. */
  readonly jitter?: string
}

/** Rehearses whenever the contract's cron expression says so, until it is told to stop (R42, R50). */
export async function keepRehearsing(session: Session, options: ScheduleOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  const { contract } = dossier.terms
  const cron = contract.rehearsal?.cron
  if (cron === undefined) {
    throw new RestituteError('usage', 'rehearse --schedule: the contract has no rehearsal.cron', {
      hint: 'for instance  rehearsal: { cron: "0 2 1 * *", sample: 5% }  in contract.yaml',
    })
  }
  await session.actor()
  const counts = { missed: 0, failed: 0, done: 0 }
  let past = await pastRehearsals(dossier)
  const figures = async (next?: Date): Promise<void> => {
    if (options.metrics === undefined) return
    const [last, before] = past.toReversed()
    const known = { ...(last && { last }), ...(before && { before }), ...(next && { next }) }
    await write(options.metrics, metricsText({ reference: contract.reference, ...counts, ...known }))
  }
  // A slip in the path is for whoever starts this; once it runs, rehearsing matters more than the figures of it.
  await figures()
  await keepSchedule({
    schedule: parseSchedule(cron),
    ...{ clock: session.clock, signal: session.signal, since: session.clock.now() },
    sleep: (milliseconds) => sleep(milliseconds, undefined, { signal: session.signal }).catch(() => {}),
    lastEnded: endOf(past.at(-1)),
    rehearse: async () => (await rehearseOnce(session, options)).report,
    jitter: millisecondsOf(options.jitter ?? contract.rehearsal?.jitter),
    async tell(news) {
      if (news.kind in counts) counts[news.kind as keyof typeof counts]++
      session.note(lineOf(news))
      // Somebody may have rehearsed by hand, too.
      if (news.kind === 'done') past = await pastRehearsals(await openCase(session))
      const next = news.kind === 'next' ? news.due : undefined
      await figures(next).catch((thrown: unknown) => session.note(lostLine(thrown)))
    },
  })
  return { exit: counts.failed > 0 ? 1 : 0, json: { ...counts }, lines: [`${counts.done} rehearsals done`] }
}

function endOf(last: Rehearsal | undefined): Date | undefined {
  return last && new Date(last.endedAt)
}

function millisecondsOf(duration: string | undefined): number {
  return duration === undefined ? 0 : addDuration(new Date(0), parseDuration(duration)).getTime()
}

function lostLine(thrown: unknown): string {
  return `the figures for alarms are not up to date: ${asRestituteError(thrown).message}`
}

function lineOf(news: ScheduleNews): string {
  const due = isoTime(news.due)
  if (news.kind === 'done')
    return `${news.report.name}: ${news.report.passed ? 'passed' : 'FAILED'}, ${news.report.verdict}`
  if (news.kind === 'failed') return `the rehearsal due at ${due} failed: ${news.code}: ${news.message}`
  if (news.kind === 'waiting') return `the rehearsal due at ${due} waits: the dossier is in use`
  if (news.kind === 'missed') return `the rehearsal due at ${due} was missed: caught up now`
  return `the next rehearsal is due at ${due}`
}

/** Whole or not at all: the collector may read at any moment. Throws `destination-failed`. */
async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(`${path}.tmp`, text)
    await rename(`${path}.tmp`, path)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}
