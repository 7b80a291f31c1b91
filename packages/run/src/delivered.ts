import type { DatabaseSync } from 'node:sqlite'
import { compareUtf8, type KnownItem, RestituteError } from '@restitute/core'
import { type AcceptedLoss, type PackageRef, sha256Hex } from '@restitute/manifest'
import { journalPath, readDatabase } from './journal/database.ts'
import { lossRows } from './journal/items.ts'
import { sealedState } from './journal/meta.ts'
import { heldItems } from './journal/outcomes.ts'
import { type SourceRow, sourceNamed, sourceRows } from './journal/sources.ts'

/** The journals of a delivery, read only. */
export interface DeliveredJournals extends Disposable {
  /** Newest first. For this package only. */
  readonly journals: readonly DatabaseSync[]
}

/**
 * Opens the journals of these packages (oldest first) in a work folder; `not-found` for one that is not
 * there, `package-unfinished` for one whose export has not ended, `invalid` for that of another package of this name, `destination-failed` where it cannot be opened: even to be
 * read it takes some room beside it.
 */
export function openJournals(workDir: string, packages: readonly PackageRef[]): DeliveredJournals {
  const journals: DatabaseSync[] = []
  const close = (): void => {
    for (const db of journals) db.close()
  }
  try {
    for (const ref of packages.toReversed()) {
      const db = readDatabase(journalPath(workDir, ref.package))
      journals.push(db)
      checkSealed(db, ref)
    }
  } catch (error) {
    close()
    throw error instanceof RestituteError ? error : unreadable(workDir, error)
  }
  return { journals, [Symbol.dispose]: close }
}

/**
 * What the client holds of a source after this delivery: every item in its newest delivered state, ascending by id;
 * removed, lost and excluded ones left out. The measure for the guard `unchanged`.
 */
export async function* deliveredItems(journals: DeliveredJournals, source: string): AsyncIterable<KnownItem> {
  const newest = newestOf(journals, source)
  if (newest) yield* heldItems(newest.db, newest.row.id)
}

/**
 * Every item of the delivery that its newest package states as lost or excluded, as commitments that reveal no
 * name; a loss that a newer package healed does not count. Sources in order of name, items ascending by id.
 */
export function deliveredLosses(journals: DeliveredJournals): AcceptedLoss[] {
  const names = new Set(journals.journals.flatMap(sourceRows).map(({ name }) => name))
  return [...names].sort(compareUtf8).flatMap((name) => {
    const newest = newestOf(journals, name)
    return newest ? lossesOf(newest.db, newest.row) : []
  })
}

/** A journal states every item of the sources it has: the newest one that has a source says it all. */
function newestOf(
  { journals }: DeliveredJournals,
  source: string,
): { db: DatabaseSync; row: SourceRow } | undefined {
  for (const db of journals) {
    const row = sourceNamed(db, source)
    if (row) return { db, row }
  }
  return undefined
}

function lossesOf(db: DatabaseSync, { id, name, salt }: SourceRow): AcceptedLoss[] {
  return lossRows(db, id).map((row) => ({ source: name, ...acceptedLoss(salt, row) }))
}

/** An undelivered item without its name. */
export function acceptedLoss(
  salt: string,
  row: { readonly id: string; readonly state: 'lost' | 'excluded'; readonly reason: string },
): Omit<AcceptedLoss, 'source'> {
  return { commitment: sha256Hex(`${salt}:${row.id}`), state: row.state, reason: row.reason }
}

function unreadable(workDir: string, cause: unknown): RestituteError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RestituteError('destination-failed', `journal: cannot be opened in ${workDir}: ${why}`, {
    cause,
    hint: 'look at that folder: its room and its rights',
  })
}

/** By a journal is judged whether a source still is what was delivered: that of another export would be another measure. */
function checkSealed(db: DatabaseSync, { package: name, manifestSha256 }: PackageRef): void {
  const sealed = sealedState(db)
  if (!sealed) throw unfinished(name)
  if (sealed.sha256 === manifestSha256) return
  throw new RestituteError(
    'invalid',
    `journal of ${name}: expected that of the manifest ${manifestSha256}, got that of ${sealed.sha256}`,
    { hint: 'the work folder is not the one by which this package was exported: put that one back' },
  )
}

function unfinished(name: string): RestituteError {
  return new RestituteError('package-unfinished', `package ${name}: its export has not ended`, {
    hint: 'run the export again',
  })
}
