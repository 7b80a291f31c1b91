import { rowBytes } from './columns.ts'
import { literalOf } from './key-slices.ts'
import { bytesOf, isLarge, type Unread } from './long-row.ts'
import { locate, type Place, type Row, type RowBytes, rowOf } from './packets.ts'
import type { RowSink } from './reading.ts'
import { type Column, isInView, type Table } from './schema.ts'
import type { ReadColumn } from './table-plan.ts'
import { quoteName } from './text.ts'

const digitOne = 0x31

/** Whether each of its rows can be asked for by its key, and is then the same as before. */
export function isKeyed(table: Table): boolean {
  const key = keyOf(table)
  // A value of which the key has the beginning alone may itself be what is long.
  const whole = key.length > 0 && key.length === table.key.length && !table.keyIsCut
  return isInView(table) && !table.versioned && whole
}

/** The columns of its key whose values can be written in SQL. */
function keyOf({ key, columns }: Table): Column[] {
  return key.flatMap((name) => columns.filter((one) => one.name === name && literalOf(one) !== undefined))
}

/**
 * Rows of a keyed table on their way to a sink, which does not look at what comes after its columns. Those that are too long to be
 * held do not reach it, nor this side of the connection: only what tells how to read them is kept.
 */
export class LongRows implements RowSink {
  readonly found: Unread[] = []
  /** What is to be selected. */
  readonly select: string
  readonly #others: RowSink
  readonly #columns: readonly ReadColumn[]
  readonly #key: readonly Column[]
  readonly #place: Place = { start: 0, length: 0 }

  /** `most`: bytes of the texts and bytes of a row that is held. */
  constructor(others: RowSink, table: Table, columns: readonly ReadColumn[], most: number) {
    this.#others = others
    this.#columns = columns
    this.#key = keyOf(table)
    const isLong = `(${rowBytes(table)})>${most}`
    const ifLong = (value: string): string => `IF(${isLong},${value},NULL)`
    this.select = [
      isLong,
      ...columns.map((one) => (isLarge(one.column) ? `IF(${isLong},NULL,${one.select})` : one.select)),
      ...columns.map((one) => (isLarge(one.column) ? ifLong(`LENGTH(${bytesOf(one)})`) : 'NULL')),
      ...this.#key.map(({ name }) => ifLong(quoteName(name))),
    ].join(',')
  }

  take({ buffer, offset, end }: RowBytes): boolean {
    const { start, length } = this.#located(buffer, offset)
    const row = { buffer, offset: start + length, end }
    if (buffer[start] !== digitOne) return this.#others.take(row)
    this.found.push(this.#unread(rowOf(row)))
    return false
  }

  #located(buffer: Buffer, offset: number): Place {
    locate(buffer, offset, this.#place)
    return this.#place
  }

  #unread(row: Row): Unread {
    const columns = this.#columns.length
    const values = this.#columns.map(({ column }, i) => row[isLarge(column) ? columns + i : i] ?? null)
    return { values, condition: this.#conditionOf(row.slice(2 * columns)) }
  }

  #conditionOf(values: Row): string {
    const terms = this.#key.map((column, i) => {
      const value = values[i]
      return `${quoteName(column.name)}=${value ? literalOf(column)?.(value) : 'NULL'}`
    })
    return terms.join(' AND ')
  }
}
