import type { Entry } from '@restitute/core'
import { rowDigest } from './columns.ts'
import { CsvEncoder, headerOf } from './csv-encoder.ts'
import { dataPackage } from './data-package.ts'
import { fileEntry, streamedEntry } from './entries.ts'
import type { DefinedTable } from './freeze.ts'
import { longRowOf } from './long-row.ts'
import { isKeyed, LongRows } from './long-rows.ts'
import type { Reading } from './reading.ts'
import { RowSum } from './row-sum.ts'
import { isInView, sourceOf, type Table, tableId } from './schema.ts'
import type { Session } from './session.ts'
import { type Slice, whereOf } from './slices.ts'
import type { Entries } from './streams.ts'
import { loadScript, type ReadColumn, readColumnsOf } from './table-plan.ts'
import { quoteName } from './text.ts'

/** Where a table's entries go, and how large they get, about; a row of more than twice as much has one of its own. */
export interface TablePlan {
  readonly folder: string
  readonly partBytes: number
  readonly modified: bigint
  /** Some of the rows only. */
  readonly slice?: Slice | undefined
  /** What the inventory found. */
  readonly digest: string | undefined
  readonly count: number | undefined
  /** Bytes of the texts and bytes of a row, at most. */
  readonly longest: number
}

/** The rows of a table as CSV in parts, their description, the script that loads them. */
export async function* rowEntries(
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
  const next = (): typeof common & { readonly path: string; readonly part?: number } => {
    const part = paths.push(`${String(paths.length + 1).padStart(6, '0')}.csv`)
    return { ...common, path: folder + paths.at(-1), ...(plan.slice ? {} : { part }) }
  }
  const part = (): Entry => fileEntry({ ...next(), content: encoder.part() })
  const most = 2 * plan.partBytes
  const long = plan.longest > most && isKeyed(table) ? new LongRows(encoder, table, columns, most) : undefined
  const select = [...columns.map((one) => one.select), ...(sum ? [rowDigest(table)] : [])].join(',') || 'NULL'
  await using reading = session.read(
    `SELECT ${long?.select ?? select} FROM ${sourceOf(table)}${orderOf(table, plan.slice)}`,
    long ?? encoder,
    signal,
  )
  yield* fullParts(reading, part)
  if (paths.length === 0 || encoder.bytes > 0) yield part()
  for (const unread of long?.found ?? []) {
    const o = { unread, partBytes: plan.partBytes }
    yield streamedEntry({ ...next(), ...(await longRowOf(session, table, columns, o, signal)) })
  }
  const count = encoder.rows + (long?.found.length ?? 0)
  const same = sum
    ? sum.digest(table.meaning) === plan.digest
    : plan.slice !== undefined || count === plan.count
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
  if (table.key.length === 0 || table.keyIsCut || !isInView(table)) return whereOf(table, slice)
  return ` FORCE INDEX (PRIMARY)${whereOf(table, slice)} ORDER BY ${table.key.map(quoteName).join(',')}`
}
