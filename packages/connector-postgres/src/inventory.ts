import { compareUtf8, type Item, type Passage, type View } from '@restitute/core'
import { deliverableTables } from './ambiguous.ts'
import { besidesDefinitions } from './besides-definitions.ts'
import { databaseItem, readDatabase } from './database.ts'
import { definitionsItem } from './definition-entries.ts'
import { definitionItems } from './definitions/read.ts'
import { tableId, tableItem } from './digest.ts'
import { undeclaredRows } from './extension-rows.ts'
import { foreignViewItem, foreignViews } from './foreign.ts'
import { withLostForeignKeys } from './foreign-keys.ts'
import { heldTables, notHeld } from './held.ts'
import { largeObjectItems } from './large-objects.ts'
import { earlyIndexes, namedRoles } from './named-by-values.ts'
import { preparedItems } from './prepared.ts'
import { readRoles, roleItems } from './roles.ts'
import { readSequences, sequenceId, sequenceItem } from './sequences.ts'
import { serverSchemaItems } from './server-schemas.ts'
import type { Session } from './session.ts'
import { readMaterialized, type Table } from './tables.ts'

/**
 * Every item, ascending by id. Large objects are streamed: the rest is as small as the definitions. The tables are read first:
 * what leads to one that is lost is lost with it.
 */
export async function* inventoryOf(
  session: Session,
  view: View,
  signal: AbortSignal,
  passage?: Passage,
): AsyncIterable<Item> {
  const held = await heldTables(session, view, signal)
  const read = (await deliverableTables(session, signal)).map((table) => ifHeld(table, held))
  const tables: Item[] = []
  for (const table of byId(read, tableId)) {
    await passage?.()
    tables.push(await tableItem(session, table, signal))
  }
  const lost = new Set(tables.filter((item) => item.lost !== undefined).map(({ id }) => id))
  const all = await definitionItems(session, signal)
  const definitions = await withLostForeignKeys(session, all, lost, signal)
  const sequences = await readSequences(session, signal)
  const database = await readDatabase(session, signal)
  const roles = await readRoles(session, await namedRoles(session, read, signal), signal)
  const early = await earlyIndexes(session, read, signal)
  const besides = await besidesDefinitions(
    session,
    { tables: read, sequences, roles, database, early },
    signal,
  )
  yield databaseItem(database)
  yield* definitions
  yield definitionsItem(definitions, besides, session)
  yield* ascending(await undeclaredRows(session, signal))
  yield* foreignTables(definitions)
  yield* largeObjectItems(session, signal)
  const views = await readMaterialized(session, signal)
  for (const view of byId(views, tableId)) yield await tableItem(session, view, signal)
  yield* ascending((await foreignViews(session, signal)).map(foreignViewItem))
  yield* ascending(await preparedItems(session, signal))
  yield* ascending(roleItems(roles))
  for (const sequence of byId(sequences, sequenceId)) yield await sequenceItem(session, sequence, signal)
  yield* ascending(await serverSchemaItems(session, signal))
  yield* tables
}

function ifHeld(table: Table, held: ReadonlySet<string> | undefined): Table {
  return held === undefined || held.has(table.oid) ? table : { unreadable: notHeld, ...table }
}

/** Their rows are no rows of this database: said for each, so that nobody believes them delivered. */
function foreignTables(definitions: readonly Item[]): Item[] {
  return definitions
    .filter(({ id }) => id.startsWith('definition/foreign-table/'))
    .map(({ id, mark }) => ({
      ...{ id: id.replace(/^definition\//, ''), kind: 'foreign-rows', bytes: 0, mark },
      lost: 'its rows are in another system: export that one as a source of its own',
    }))
}

function byId<T>(objects: readonly T[], idOf: (object: T) => string): T[] {
  return objects.toSorted((a, b) => compareUtf8(idOf(a), idOf(b)))
}

function ascending(items: readonly Item[]): Item[] {
  return byId(items, ({ id }) => id)
}
