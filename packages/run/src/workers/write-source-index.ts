import type { DatabaseSync } from 'node:sqlite'
import { volumeName, writeIndex } from '@restitute/archive'
import { type DestinationOf, type KnownItem, RestituteError } from '@restitute/core'
import type { IndexEntry, IndexItem, IndexLine, IndexRecord } from '@restitute/manifest'
import { readDatabase } from '../journal/database.ts'
import { type PlacedEntry, tagEntries } from '../journal/entries.ts'
import type { ItemRow } from '../journal/items.ts'
import { outcomes } from '../journal/outcomes.ts'
import type { Calls } from './protocol.ts'
import { readKeys } from './write-shard.ts'

/** Writes the index of a source from the journal: each item with its entries, then the entries without item. */
export async function writeSourceIndex(
  destinationOf: DestinationOf,
  request: Calls['index']['request'],
  signal: AbortSignal,
): Promise<IndexRecord> {
  using db = readDatabase(request.journal)
  return await writeIndex({
    destination: await destinationOf(request.place),
    name: request.name,
    source: request.sourceName,
    salt: Buffer.from(request.salt, 'hex'),
    lines: indexLines(db, request.source),
    recipients: await readKeys(request.recipients),
    signal,
  })
}

function* indexLines(db: DatabaseSync, source: number): Iterable<IndexLine> {
  for (const { row, entries, item } of outcomes(db, source)) {
    if (row.state === 'exported' && row.kind === 'file' && entries.length === 0) throw cameOutAsNothing()
    yield itemLine(row, item)
    for (const placed of entries) yield entryLine(placed)
  }
  for (const placed of tagEntries(db, source)) yield entryLine(placed)
}

function itemLine({ state, reason }: ItemRow, item: KnownItem): IndexItem {
  const { id, lost: _, ...facts } = item
  return { item: id, state, ...facts, ...(reason !== null && { reason }) }
}

function cameOutAsNothing(): RestituteError {
  return new RestituteError('internal', 'index: a file came out neither as an entry nor as a loss')
}

function entryLine({ volume, entry }: PlacedEntry): IndexEntry {
  const { path, ...rest } = entry
  return { entry: path, ...rest, volume: volumeName(volume) }
}
