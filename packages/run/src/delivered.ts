import type { DatabaseSync } from 'node:sqlite'
import { compareUtf8, type KnownItem, RestituteError } from '@restitute/core'
import { type AcceptedLoss, sha256Hex } from '@restitute/manifest'
import { journalPath, readDatabase } from './journal/database.ts'
import { lossRows } from './journal/items.ts'
import { sealedState } from './journal/meta.ts'
import { heldItems } from './journal/outcomes.ts'
import { type SourceRow, sourceNamed, sourceRows } from './journal/sources.ts'

/** The journals of a delivery, read only, in the order of its packages. */
export interface DeliveredJournals extends Disposable {
  readonly packages: readonly string[]
  /** Newest first. For this package only. */
  readonly journals: readonly DatabaseSync[]
}

/**
 * Opens the journals of these packages (names, oldest first) in a work folder; `not-found` for one that is not
 * there, `package-unfinished` for one whose export has not ended, `destination-failed` where it cannot be opened: even to be
 * read it takes some room beside it.
 */
export function openJournals(workDir: string, packages: readonly string[]): DeliveredJournals {
  const journals: DatabaseSync[] = []
  const close = (): void => {
    for (const db of journals) db.close()
  }
  try {
    for (const name of packages.toReversed()) {
      const db = readDatabase(journalPath(workDir, name))
      journals.push(db)
      if (!sealedState(db)) throw unfinished(name)
    }
  } catch (error) {
    close()
    throw error instanceof RestituteError ? error : unreadable(workDir, error)
  }
  return { packages, journals, [Symbol.dispose]: close }
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

function unfinished(name: string): RestituteError {
  return new RestituteError('package-unfinished', `package ${name}: its export has not ended`, {
    hint: 'run the export again',
  })
}
