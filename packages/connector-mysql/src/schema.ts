import { compareUtf8 } from '@restitute/core'
import { type ColumnForm, formOf } from './columns.ts'
import type { Session } from './session.ts'
import { quoteName, quoteText } from './text.ts'

/** A column with stored values; generated ones are left out. */
export interface Column {
  readonly name: string
  /** As the server writes it: `varchar(60)`. */
  readonly type: string
  readonly charset?: string
  readonly nullable: boolean
  readonly form: ColumnForm
}

/** A table with rows of its own, or one whose rows lie elsewhere. */
export interface Table {
  readonly name: string
  readonly engine: string
  readonly columns: readonly Column[]
  /** Names of the primary key, in its order. */
  readonly key: readonly string[]
  /** It has the beginnings of values alone: in their order nobody gives rows without sorting them. */
  readonly keyIsCut: boolean
  /** Keeps what its rows were (MariaDB); those are read and restored, too. */
  readonly versioned: boolean
  /** Keeps them by the numbers of transactions, which cannot be written again; this column holds the number at which a row ended. */
  readonly numberedEnd?: string
  /** Rows and bytes as the server estimates them. */
  readonly estimate: { readonly rows: number; readonly bytes: number }
}

/** Databases that come with every server. */
export const systemDatabases: ReadonlySet<string> = new Set([
  'information_schema',
  'mysql',
  'performance_schema',
  'sys',
])

/** Engines that keep several versions of a row, so that a transaction sees one moment. */
const transactional = new Set(['innodb', 'rocksdb', 'tokudb'])
/** Engines whose tables show the rows of other tables of the database, or none. */
const rowless = new Set(['mrg_myisam', 'merge', 'blackhole'])
/** Engines whose rows lie in another system. */
const foreign = new Set(['federated', 'connect', 'spider', 's3', 'oqgraph', 'sphinx', 'ndbcluster'])

/** Whether a transaction's view holds this table. */
export function isInView({ engine }: Pick<Table, 'engine'>): boolean {
  return transactional.has(engine.toLowerCase())
}

/** Whether it has rows of its own. */
export function hasRows({ engine }: Pick<Table, 'engine'>): boolean {
  return !rowless.has(engine.toLowerCase())
}

/** Whether its rows lie in another system. */
export function isForeign({ engine }: Pick<Table, 'engine'>): boolean {
  return foreign.has(engine.toLowerCase())
}

/** The tables of a database, ascending by name. */
export async function readTables(session: Session, signal: AbortSignal): Promise<Table[]> {
  const schema = quoteText(session.location.database)
  const listed = await session.texts(
    `SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ${schema} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`,
    signal,
  )
  const columns = Map.groupBy(await readColumns(session, schema, signal), ({ table }) => table)
  const keys = Map.groupBy(await readKeys(session, schema, signal), ([table]) => table)
  const tables = listed.map(([name = '', type, engine = '', rows = '0', bytes = '0']) => {
    const all = columns.get(name) ?? []
    const numberedEnd = all.find((one) => one.period === 'ROW END' && one.column.type.startsWith('bigint'))
    const own = numberedEnd ? all.filter((one) => one.period === undefined) : all
    const versioned = type === 'SYSTEM VERSIONED' && numberedEnd === undefined
    return {
      ...{ name, engine, versioned },
      ...(numberedEnd ? { numberedEnd: numberedEnd.column.name } : {}),
      columns: [...own.map(({ column }) => column), ...(versioned ? implicitPeriod(own) : [])],
      key: (keys.get(name) ?? []).map(([, column = '']) => column),
      keyIsCut: (keys.get(name) ?? []).some(([, , cut]) => cut !== ''),
      estimate: { rows: Number(rows), bytes: Number(bytes) },
    }
  })
  return tables.sort((a, b) => compareUtf8(a.name, b.name))
}

interface ListedColumn {
  readonly table: string
  readonly column: Column
  readonly period?: 'ROW START' | 'ROW END'
}

async function readColumns(session: Session, schema: string, signal: AbortSignal): Promise<ListedColumn[]> {
  const rows = await session.texts(
    `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, CHARACTER_SET_NAME, IS_NULLABLE, GENERATION_EXPRESSION
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${schema} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    signal,
  )
  return rows.flatMap(([table = '', name = '', type = '', data = '', charset, nullable, expression]) => {
    const period = expression === 'ROW START' || expression === 'ROW END' ? expression : undefined
    if (expression && !period) return []
    const column = {
      name,
      type,
      nullable: nullable === 'YES',
      form: formOf(data, type),
      ...(charset ? { charset } : {}),
    }
    return [{ table, column, ...(period ? { period } : {}) }]
  })
}

/** WITH SYSTEM VERSIONING without columns of its own for the period. */
function implicitPeriod(columns: readonly ListedColumn[]): Column[] {
  if (columns.some(({ period }) => period !== undefined)) return []
  const column = (name: string): Column => ({ name, type: 'timestamp(6)', nullable: false, form: 'time' })
  return [column('row_start'), column('row_end')]
}

async function readKeys(session: Session, schema: string, signal: AbortSignal): Promise<string[][]> {
  const rows = await session.texts(
    `SELECT TABLE_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ${schema} AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX`,
    signal,
  )
  return rows.map((row) => row.map((value) => value ?? ''))
}

/** What a statement reads a table from: its history too, and never an index that gives another order. */
export function sourceOf(table: Table): string {
  return `${quoteName(table.name)}${table.versioned ? ' FOR SYSTEM_TIME ALL' : ''}`
}

/** Id of a table's item. */
export function tableId({ name }: Pick<Table, 'name'>): string {
  return `table/${name}`
}
