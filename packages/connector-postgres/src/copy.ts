import { isRaw } from './connected.ts'
import { loaded } from './data-package.ts'
import { source, where } from './digest.ts'
import { quoted } from './location.ts'
import type { Table } from './tables.ts'

/** A stretch of a table's blocks, for one worker: from `from` (from the beginning for slice 1), below `to` (to the end without). */
export interface Slice {
  /** From 1. */
  readonly slice: number
  readonly from: number
  readonly to?: number
  /** How many there are. */
  readonly of?: number
}

/** Encoding of the CSV files. */
export function fileEncoding(encoding: string): string {
  return isRaw(encoding) ? encoding : 'UTF8'
}

/** `COPY … TO STDOUT` of a slice, or of the whole table without one. */
export function copyOutSql(table: Table, slice: Slice | undefined, encoding: string): string {
  const columns = loaded(table).map(({ name }) => quoted(name))
  const texts = loaded(table).filter(({ category }) => category === 'S')
  const options = [
    "FORMAT csv, NULL '\\N'",
    `HEADER ${(slice?.slice ?? 1) === 1}`,
    `ENCODING '${fileEncoding(encoding)}'`,
    ...(texts.length > 0 ? [`FORCE_QUOTE (${texts.map(({ name }) => quoted(name)).join(', ')})`] : []),
  ]
  const condition = slice ? blocks(slice) : where(table)
  const rows = `(SELECT ${columns.join(', ')} FROM ${source(table)} ${condition})`
  return `COPY ${rows} TO STDOUT (${options.join(', ')})`
}

/** `COPY … FROM STDIN` of a part. */
export function copyInSql(
  table: string,
  columns: readonly string[],
  header: boolean,
  encoding: string,
): string {
  const list = columns.length > 0 ? ` (${columns.map(quoted).join(', ')})` : ''
  return `COPY ${table}${list} FROM STDIN (FORMAT csv, NULL '\\N', HEADER ${header}, ENCODING '${encoding}')`
}

function blocks({ from, to }: Slice): string {
  const ends = [
    ...(from > 0 ? [`ctid >= '(${from},0)'`] : []),
    ...(to === undefined ? [] : [`ctid < '(${to},0)'`]),
  ]
  return ends.length > 0 ? `WHERE ${ends.join(' AND ')}` : ''
}
