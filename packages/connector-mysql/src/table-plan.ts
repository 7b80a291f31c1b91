import { valueOf } from './columns.ts'
import type { Cell } from './csv-encoder.ts'
import type { Column, Table } from './schema.ts'
import type { Session } from './session.ts'
import type { Slice } from './slices.ts'
import { quoteName } from './text.ts'

/** A column, and how its cells are read and written. */
export interface ReadColumn {
  readonly column: Column
  readonly cell: Cell
  readonly select: string
}

/** Charsets that Unicode says whole, byte by byte there and back. */
const faithful = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii', 'latin1'])

/** How each column of a table is read. Looks at the content of columns whose characters Unicode may not all have. */
export async function readColumnsOf(
  session: Session,
  table: Table,
  from: string,
  signal: AbortSignal,
): Promise<ReadColumn[]> {
  const doubtful = table.columns.filter(({ charset }) => charset !== undefined && !faithful.has(charset))
  const raw = doubtful.length > 0 ? await unfaithful(session, doubtful, from, signal) : new Set<string>()
  return table.columns.map((column) => {
    const cell = raw.has(column.name) ? 'base64' : cells[column.form]
    return { column, cell, select: valueOf(column, cell === 'base64') }
  })
}

const cells: Readonly<Record<Column['form'], Cell>> = {
  number: 'plain',
  float: 'plain',
  numbered: 'plain',
  time: 'plain',
  word: 'plain',
  text: 'quoted',
  choice: 'quoted',
  json: 'quoted',
  bytes: 'base64',
  geometry: 'base64',
}

async function unfaithful(
  session: Session,
  columns: readonly Column[],
  from: string,
  signal: AbortSignal,
): Promise<Set<string>> {
  const tests = columns.map(({ name, charset }) => {
    const column = quoteName(name)
    const back = `CONVERT(CONVERT(${column} USING utf8mb4) USING ${charset})`
    return `MAX(NOT(CONVERT(${back} USING binary)<=>CONVERT(${column} USING binary)))`
  })
  const [row = []] = await session.texts(`SELECT ${tests.join(',')} FROM ${from}`, signal)
  return new Set(columns.filter((_, i) => row[i] === '1').map(({ name }) => name))
}

/**
 * The statements that load the files of one folder, for `mariadb --local-infile=1` in the folder of the bag. That of a slice says how
 * many there are: whoever loads them counts.
 */
export function loadScript(
  table: Table,
  columns: readonly ReadColumn[],
  paths: readonly string[],
  headerLines: number,
  slice: Slice | undefined,
): Buffer {
  const statements = paths.map((path, i) => loadStatement(table, columns, path, i === 0 ? headerLines : 0))
  const about = slice?.of === undefined ? '' : `-- slice ${slice.number} of ${slice.of}\n`
  return Buffer.from(`${about}${[...loadSettings, ...statements].map((sql) => `${sql};\n`).join('')}`)
}

/**
 * What a session must be told before it loads. Not unique_checks=0: together with foreign_key_checks=0 it makes
 * MariaDB 10.11 load in bulk, which never ends with rows of some 10 MB.
 */
export const loadSettings: readonly string[] = [
  "SET NAMES utf8mb4, sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone='+00:00', foreign_key_checks=0, autocommit=1",
  '/*M! SET check_constraint_checks=0 */',
  '/*M!101100 SET system_versioning_insert_history=1 */',
]

/** LOAD DATA LOCAL for one file. */
export function loadStatement(
  table: Table,
  columns: readonly ReadColumn[],
  path: string,
  skip: number,
): string {
  const targets = columns.map(({ column }, i) => (assigned(columns[i]) ? `@c${i}` : quoteName(column.name)))
  const sets = columns.flatMap((one, i) => {
    const value = assigned(one)
    return value ? [`${quoteName(one.column.name)}=${value.replaceAll('?', `@c${i}`)}`] : []
  })
  return [
    `LOAD DATA LOCAL INFILE '${path.replaceAll("'", "''")}' INTO TABLE ${quoteName(table.name)} CHARACTER SET utf8mb4`,
    `FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\\n' IGNORE ${skip} LINES`,
    `(${targets.join(',') || '@none'})${sets.length > 0 ? ` SET ${sets.join(',')}` : ''}`,
  ].join('\n')
}

/** An error (1242). FROM_BASE64 gives NULL and a warning for what is longer than max_allowed_packet. */
const failing = '(SELECT 1 UNION SELECT 2)'

/** What makes the stored value of a cell, where that is not the cell itself. */
function assigned(one: ReadColumn | undefined): string | undefined {
  if (one?.cell === 'base64') return `IFNULL(FROM_BASE64(?),IF(? IS NULL,NULL,${failing}))`
  return one?.column.form === 'numbered' ? 'CAST(? AS UNSIGNED)' : undefined
}

/** How a table is made that takes its rows: ARCHIVE refuses those below its counter, which it sets by them. */
export function makingOf({ sql, engine, estimate }: Table & { readonly sql: string }): string {
  if (engine.toLowerCase() !== 'archive' || estimate.rows === 0) return sql
  return sql.replace(/(\n\) ENGINE=\w+) AUTO_INCREMENT=\d+/, '$1')
}
