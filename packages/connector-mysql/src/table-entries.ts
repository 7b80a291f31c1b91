import { type Entry, type Item, safeNames } from '@restitute/core'
import { nativeFolders } from './defined-object.ts'
import { fileEntry } from './entries.ts'
import { lossOf } from './errors.ts'
import type { DefinedTable, Frozen } from './freeze.ts'
import { leastRow } from './key-slices.ts'
import { rowEntries, type TablePlan } from './row-entries.ts'
import type { RowSum } from './row-sum.ts'
import { hasRows, isForeign, isInView, type Table, tableId } from './schema.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { begun, type Entries } from './streams.ts'
import type { Summed } from './sums.ts'
import { makingOf } from './table-plan.ts'

/** Folders of the tables, in their order. */
export function tableFolders(tables: readonly Table[]): string[] {
  return safeNames(tables.map(({ name }) => Buffer.from(name)))
}

/**
 * A table as an item, by what its rows come to; without that it is one whose definition tells that they are lost. The folder is part of
 * its mark: beside a new name that differs in case alone it is another one.
 */
export function tableItem(
  { view }: Frozen,
  table: DefinedTable,
  folder: string,
  summed: Summed | undefined,
): Item {
  const base = { id: tableId(table), kind: 'table', bytes: table.sql.length + table.estimate.bytes }
  if (summed === undefined || 'lost' in summed) {
    return { ...base, mark: 'unreadable', lost: summed?.lost ?? lossOfTable(table) ?? 'not read' }
  }
  const { rows } = summed
  const digest = rows.digest(table.meaning)
  const bytes = table.sql.length + bytesOf(table, rows)
  const attributes =
    isInView(table) || view.consistency === 'quiesced' ? {} : { attributes: { view: 'outside' } }
  return { ...base, bytes, count: rows.count, mark: `${digest} ${folder}`, digest, ...attributes }
}

/** The server's statistics may be older than the rows, or switched off: their average counts, and what was read. */
function bytesOf({ estimate }: Table, { count, bytes }: RowSum): number {
  const average = estimate.rows > 0 ? estimate.bytes / estimate.rows : leastRow
  return Math.ceil(Math.max(estimate.bytes, average * count, leastRow * count + bytes))
}

/** Why the rows of a table are not delivered, where its definition tells. */
export function lossOfTable(table: DefinedTable): string | undefined {
  if (table.lost !== undefined) return table.lost
  return isForeign(table)
    ? `engine ${table.engine}: its rows lie in another system, only its definition is delivered`
    : undefined
}

/** A table's definition, while the first rows are being read already; its rows as CSV in parts, their description, the script that loads them. */
export async function* tableEntries(
  session: Session,
  table: DefinedTable,
  plan: TablePlan,
  signal: AbortSignal,
): Entries {
  const defined = table.sql !== '' && (plan.slice?.number ?? 1) === 1
  const rows = lossOfTable(table) === undefined && hasRows(table)
  await using read = rows ? begun(rowEntries(session, table, plan, signal)) : undefined
  if (defined) yield definitionEntry(table, plan)
  if (!read) return
  try {
    yield* read.entries
  } catch (error) {
    yield { item: tableId(table), lost: lossOf(error) }
  }
}

function definitionEntry(table: DefinedTable, { folder, modified }: TablePlan): Entry {
  const place = lossOfTable(table) === undefined ? `${nativeFolders.table}/` : `${nativeFolders.lost}/table-`
  // MariaDB only: MySQL has that setting changed by few.
  const settings =
    "SET NAMES utf8mb4, sql_mode='NO_DIR_IN_CREATE,ALLOW_INVALID_DATES', time_zone='+00:00', foreign_key_checks=0/*M!, innodb_strict_mode=0 */"
  const content = Buffer.from(scriptOf([settings, ...roomFor(table), makingOf(table)]))
  return fileEntry({
    ...{ path: `data/native/${place}${folder}.sql`, item: tableId(table), content, modified },
  })
}

/** A table in memory takes no more than is set when it is made; how much that was at the source nobody tells. */
function roomFor({ engine }: Table): string[] {
  return engine.toLowerCase() === 'memory' ? ['SET max_heap_table_size=4294966272'] : []
}
