import { type Entry, type Item, safeNames } from '@restitute/core'
import { rowDigest } from './columns.ts'
import { CsvEncoder, headerOf } from './csv-encoder.ts'
import { dataPackage } from './data-package.ts'
import { nativeFolders } from './defined-object.ts'
import { fileEntry } from './entries.ts'
import { lossOf } from './errors.ts'
import type { DefinedTable, Frozen } from './freeze.ts'
import { leastRow } from './key-slices.ts'
import type { Reading } from './reading.ts'
import { RowSum } from './row-sum.ts'
import { hasRows, isForeign, isInView, sourceOf, type Table } from './schema.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { type Slice, whereOf } from './slices.ts'
import { begun, type Entries } from './streams.ts'
import type { Summed } from './sums.ts'
import { loadScript, makingOf, type ReadColumn, readColumnsOf } from './table-plan.ts'
import { quoteName } from './text.ts'

/** Id of a table's item. */
export function tableId({ name }: Pick<Table, 'name'>): string {
  return `table/${name}`
}

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

/** Where a table's entries go, and how large they may get. */
export interface TablePlan {
  readonly folder: string
  readonly partBytes: number
  readonly modified: bigint
  /** Some of the rows only. */
  readonly slice?: Slice | undefined
  /** What the inventory found. */
  readonly digest: string | undefined
  readonly count: number | undefined
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

async function* rowEntries(
  session: Session,
  table: DefinedTable,
  plan: TablePlan,
  signal: AbortSignal,
): Entries {
  const columns = await columnsOf(session, table, signal)
  const names = columns.map(({ column }) => column.name)
  // A table in the view is the one that the inventory read: its digest need not be computed again.
  const sum = isInView(table) ? undefined : new RowSum()
  const header = headerOf(names)
  const encoder = new CsvEncoder({
    cells: columns.map(({ cell }) => cell),
    header,
    sum,
    partBytes: plan.partBytes,
  })
  const folder = folderOf(plan)
  const paths: string[] = []
  const common = { item: tableId(table), modified: plan.modified }
  const part = (): Entry => {
    paths.push(`${String(paths.length + 1).padStart(6, '0')}.csv`)
    return fileEntry({
      ...common,
      path: folder + paths.at(-1),
      content: encoder.part(),
      ...(plan.slice ? {} : { part: paths.length }),
    })
  }
  const select = [...columns.map((one) => one.select), ...(sum ? [rowDigest(table)] : [])].join(',') || 'NULL'
  await using reading = session.read(
    `SELECT ${select} FROM ${sourceOf(table)}${orderOf(table, plan.slice)}`,
    encoder,
    signal,
  )
  yield* fullParts(reading, part)
  if (paths.length === 0 || encoder.bytes > 0) yield part()
  const same = sum
    ? sum.digest(table.meaning) === plan.digest
    : plan.slice !== undefined || encoder.rows === plan.count
  const described = dataPackage(table, columns, paths)
  yield fileEntry({ ...common, path: `${folder}datapackage.json`, content: described })
  if (!same) {
    const lost = `the rows that were read are not those of the inventory (engine ${table.engine})`
    yield { item: common.item, lost }
    return
  }
  // Last: where it is not, load.sh takes the table for lost.
  const lines = 1 + header.toString().split('\n').length - 2
  const files = paths.map((path) => folder + path)
  const load = loadScript(table, columns, files, lines, plan.slice)
  yield fileEntry({ ...common, path: `${folder}load.sql`, content: load })
}

const looked = new WeakMap<Table['columns'], Promise<readonly ReadColumn[]>>()

/** How its columns are read. Of a table in the view that is found out once for all of its slices: it may take reading all of it. */
async function columnsOf(
  session: Session,
  table: Table,
  signal: AbortSignal,
): Promise<readonly ReadColumn[]> {
  const known = looked.get(table.columns)
  if (known) return known
  const columns = readColumnsOf(session, table, sourceOf(table), signal)
  if (isInView(table)) looked.set(table.columns, columns)
  columns.catch(() => looked.delete(table.columns))
  return columns
}

/** The parts but the last; the server goes on with the next one while one is being sealed. */
async function* fullParts(reading: Reading, part: () => Entry): AsyncIterable<Entry> {
  let next = reading.next()
  while (await next) {
    const full = part()
    next = reading.next()
    // Whoever takes the part may never come back; what went wrong is told when it does.
    next.catch(() => {})
    yield full
  }
}

function folderOf({ folder, slice }: TablePlan): string {
  const inside = slice ? `slice-${String(slice.number).padStart(6, '0')}/` : ''
  return `data/tables/${folder}/${inside}`
}

/** InnoDB keeps its rows in this order: no sorting. */
function orderOf(table: Table, slice: Slice | undefined): string {
  if (table.key.length === 0 || !isInView(table)) return whereOf(table, slice)
  return ` FORCE INDEX (PRIMARY)${whereOf(table, slice)} ORDER BY ${table.key.map(quoteName).join(',')}`
}
