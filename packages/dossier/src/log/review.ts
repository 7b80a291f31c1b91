import { createHash } from 'node:crypto'
import { isoTime, RestituteError } from '@restitute/core'
import type { IsoTime, LedgerEvent, Sha256 } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Dossier } from '../dossier.ts'
import { bodyText } from '../event-body.ts'
import { after } from '../starts.ts'
import { type LogLine, logLines } from './entries.ts'

/** What a part of the log comes to. */
export interface LogSummary {
  /** Entries from this moment, its first; absent where there is none. */
  readonly from?: IsoTime
  /** Before this moment. */
  readonly until: IsoTime
  readonly entries: number
  /** Of them ended with another status than 0, and refused by a guard (6). */
  readonly failures: number
  readonly refusals: number
  /** Of the lines, each with its line feed. */
  readonly linesSha256: Sha256
}

/** Until when the log was reviewed: before that moment. */
export function reviewedUntil(events: readonly LedgerEvent[]): IsoTime {
  const last = events.findLast(({ type }) => type === 'log-reviewed')
  return bodyText(last?.body ?? {}, 'until')
}

/** Sums up the entries of a log from one moment on and before another. */
export async function summariseLog(folder: string, from: IsoTime, until: IsoTime): Promise<LogSummary> {
  const hash = createHash('sha256')
  let [entries, failures, refusals, first] = [0, 0, 0, '']
  for await (const { entry, line } of between(folder, from, until)) {
    hash.update(`${line}\n`)
    if (first === '' || entry.at < first) first = entry.at
    entries += 1
    if (entry.exit !== 0) failures += 1
    if (entry.exit === 6) refusals += 1
  }
  const linesSha256 = hash.digest('hex')
  return { ...(first === '' ? {} : { from: first }), until, entries, failures, refusals, linesSha256 }
}

async function* between(folder: string, from: IsoTime, until: IsoTime): AsyncIterable<LogLine> {
  for await (const one of logLines(folder)) if (one.entry.at >= from && one.entry.at < until) yield one
}

/**
 * The last review, where what it reviewed is not there any more as it was: nobody had to change it, and no purge
 * reaches it.
 */
export async function changedReview({ paths, ledger }: Dossier): Promise<LedgerEvent | undefined> {
  const last = ledger.events().findLast(({ type }) => type === 'log-reviewed')
  const from = bodyText(last?.body ?? {}, 'from')
  if (last === undefined || from === '') return undefined
  const purged = ledger.events().findLast(({ type }) => type === 'log-purged')
  if (purged !== undefined && isOld(from, bodyText(purged.body, 'keep'), new Date(purged.at)))
    return undefined
  const { linesSha256 } = await summariseLog(paths.log, from, bodyText(last.body, 'until'))
  return linesSha256 === last.body['linesSha256'] ? undefined : last
}

/** What {@link changedReview} found, in words. */
export function changeFound({ sequence, body }: LedgerEvent): string {
  return `log: its lines from ${bodyText(body, 'from')} are not those that event ${sequence} reviewed`
}

/** The refusal of what rests on lines that were changed since their review: `invalid`. */
export function changedSince(review: LedgerEvent): RestituteError {
  return new RestituteError('invalid', changeFound(review), {
    details: { finding: 'event-unsupported', sequence: review.sequence },
    hint: 'open an incident (restitute record incident); restitute log review --changed then goes on, and states the change',
  })
}

/** A review as it was recorded. */
export interface LogReview {
  readonly event: LedgerEvent
  readonly summary: LogSummary
}

/**
 * Records that a person has reviewed what the log has got since the last review (SEC-JOU-2): what it comes to, and the
 * digest of its lines, so that a change afterwards is found out. Entries of this very second are left to the next review.
 * Over a change it is made again from where the last one began, when that is asked for, and says so.
 */
export async function reviewLog(o: {
  readonly dossier: Dossier
  readonly key: PrivateKey
  readonly at: Date
  /** What was reviewed has changed since, and is reviewed as it is now. */
  readonly changed: boolean
}): Promise<LogReview> {
  await using _lock = await o.dossier.lock()
  const { ledger, paths } = o.dossier
  const before = await changedReview(o.dossier)
  if (before !== undefined && !o.changed) throw changedSince(before)
  if (before === undefined && o.changed) throw unchangedSince()
  const from = before === undefined ? reviewedUntil(ledger.events()) : bodyText(before.body, 'from')
  const summary = await summariseLog(paths.log, from, isoTime(o.at))
  const { key, at } = o
  const body = { ...summary, ...(before && { changed: before.sequence }) }
  const event = await ledger.append({ type: 'log-reviewed', operation: 'dossier', body, key, at })
  return { event, summary }
}

function unchangedSince(): RestituteError {
  return new RestituteError('usage', 'log review --changed: what was reviewed last is there as it was', {
    hint: 'restitute log review, without --changed',
  })
}

/** What is due of the log, and the oldest entry that makes it so. */
export interface LogState {
  /** Of all entries. */
  readonly oldest?: IsoTime
  /** Of those that nobody has reviewed. */
  readonly unreviewed?: IsoTime
}

/** Reads where the log stands. */
export async function logState({ paths, ledger }: Dossier): Promise<LogState> {
  const reviewed = reviewedUntil(ledger.events())
  let [oldest, unreviewed] = ['', '']
  for await (const { entry } of logLines(paths.log)) {
    if (oldest === '' || entry.at < oldest) oldest = entry.at
    if (entry.at >= reviewed && (unreviewed === '' || entry.at < unreviewed)) unreviewed = entry.at
  }
  return { ...(oldest === '' ? {} : { oldest }), ...(unreviewed === '' ? {} : { unreviewed }) }
}

/** How long entries are kept: the contract's period, a year by default (SEC-JOU-3: six to twelve months). */
export function keptFor({ terms }: Pick<Dossier, 'terms'>): string {
  return terms.contract.logs?.keep ?? 'P12M'
}

/** Whether an entry has been kept for that period. */
export function isOld(at: IsoTime, keep: string, now: Date): boolean {
  return after(at, keep) <= isoTime(now)
}
