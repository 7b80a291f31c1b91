import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { isoTime, RestituteError } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Dossier } from '../dossier.ts'
import { readBounded, writeWhole } from '../files.ts'
import { entryIn, logMonths } from './entries.ts'
import { changedReview, changedSince, isOld, keptFor, reviewedUntil } from './review.ts'

const maxMonthBytes = 256 * 1024 * 1024

/** One file of the log, and what of it goes. */
interface Month {
  readonly path: string
  readonly old: readonly string[]
  readonly kept: readonly string[]
}

/** A purge as it was recorded. */
export interface LogPurge {
  readonly event: LedgerEvent
  readonly entries: number
  /** ISO 8601. */
  readonly keep: string
}

/**
 * Removes the entries that have been kept for as long as the contract says, and no other (SEC-JOU-3). Its event is written
 * first: a crash leaves lines that the next purge takes, never a purge that nobody recorded. Undefined, and nothing recorded,
 * when nothing is old enough. Throws `guard-refused` for entries that nobody has reviewed.
 */
export async function purgeLog(o: {
  readonly dossier: Dossier
  readonly key: PrivateKey
  readonly at: Date
}): Promise<LogPurge | undefined> {
  await using _lock = await o.dossier.lock()
  const changed = await changedReview(o.dossier)
  if (changed !== undefined) throw changedSince(changed)
  const months = await monthsOf(o.dossier, o.at)
  const lines = months.flatMap(({ old }) => old)
  if (lines.length === 0) return undefined
  assertReviewed(o.dossier, lines)
  const event = await o.dossier.ledger.append({
    type: 'log-purged',
    operation: 'dossier',
    body: {
      keep: keptFor(o.dossier),
      before: isoTime(o.at),
      entries: lines.length,
      linesSha256: digestOf(lines),
    },
    key: o.key,
    at: o.at,
  })
  for (const month of months) await shorten(month)
  return { event, entries: lines.length, keep: keptFor(o.dossier) }
}

async function monthsOf({ paths, terms }: Dossier, now: Date): Promise<Month[]> {
  const keep = keptFor({ terms })
  const months: Month[] = []
  for (const path of await logMonths(paths.log)) {
    const text = Buffer.from(await readBounded(path, maxMonthBytes)).toString('utf8')
    const lines = text.split('\n').filter((line) => line !== '')
    const isGoing = (line: string): boolean => {
      const entry = entryIn(line)
      return entry !== undefined && isOld(entry.at, keep, now)
    }
    const old = lines.filter(isGoing)
    const isYounger = old.length === 0 && lines.some((line) => entryIn(line) !== undefined)
    if (isYounger) break
    if (old.length === 0) continue
    const rest = lines.filter((line) => !isGoing(line))
    // What a crash cut goes with the entries around it.
    months.push({ path, old, kept: rest.some((line) => entryIn(line) !== undefined) ? rest : [] })
  }
  return months
}

/** What nobody has looked at must not go unseen. */
function assertReviewed({ ledger }: Dossier, lines: readonly string[]): void {
  const reviewed = reviewedUntil(ledger.events())
  const unseen = lines.filter((line) => (entryIn(line)?.at ?? '') >= reviewed).length
  if (unseen === 0) return
  throw new RestituteError('guard-refused', `log: ${unseen} of the entries to purge were never reviewed`, {
    details: { guard: 'reviewed', guards: ['reviewed'] },
    hint: 'restitute log review comes first',
  })
}

function digestOf(lines: readonly string[]): string {
  const hash = createHash('sha256')
  for (const line of lines) hash.update(`${line}\n`)
  return hash.digest('hex')
}

async function shorten({ path, kept }: Month): Promise<void> {
  if (kept.length === 0) await rm(path, { force: true })
  else await writeWhole(path, Buffer.from(`${kept.join('\n')}\n`))
}
