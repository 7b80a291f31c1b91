import { type JsonObject, tablePackage } from '@restitute/core'
import { shown } from './raw-text.ts'
import type { Column, Table } from './tables.ts'

/** What the cells mean, for people; it stands in each data package. */
export const dialectText: string =
  "RFC 4180 with LF, as PostgreSQL writes and reads it (COPY, FORMAT csv, NULL '\\N'). \\N without quotes is NULL; text columns are always " +
  'between double quotes, so that the text "\\N" and the empty text cannot be confused with it. Dates and times are ISO 8601 with a space ' +
  'before the time, in UTC; years before Christ end in BC; infinity, -infinity, NaN stand for themselves. Intervals are ISO 8601. ' +
  'Booleans are t and f. bytea is \\x and its bytes in hexadecimal. Generated columns are left out: the database computes them.'

/** The description of one slice of a table: a Frictionless Data Package (v1). Slices after the first have no header. */
export function dataPackage(
  table: Table,
  o: {
    readonly slice: number
    readonly of: number | undefined
    readonly files: readonly string[]
    readonly encoding: string
  },
): Buffer {
  return tablePackage({
    ...{ name: table.safeName, title: table.label, dialect: dialectText, files: o.files },
    ...{ encoding: o.encoding, nullSequence: '\\N', header: o.slice === 1 },
    ...(o.of !== undefined && {
      about: `slice ${o.slice} of ${o.of}: its rows belong to those of the other slices`,
    }),
    fields: loaded(table).map(field),
    primaryKey: primaryKey(table),
  })
}

/** The columns that are written and loaded. */
export function loaded({ columns }: Table): readonly Column[] {
  return columns.filter((column) => !column.generated)
}

const integers = ['smallint', 'integer', 'bigint']

function field({ name, type, category, notNull }: Column): JsonObject {
  return {
    name: shown(name),
    ...fieldType(type, category),
    postgresType: shown(type),
    ...(notNull ? { constraints: { required: true } } : {}),
  }
}

function fieldType(type: string, category: string): JsonObject {
  if (integers.includes(type)) return { type: 'integer' }
  if (/^(numeric|real|double precision)/.test(type)) return { type: 'number' }
  if (type === 'boolean') return { type: 'boolean', trueValues: ['t'], falseValues: ['f'] }
  if (type === 'date') return { type: 'date' }
  return {
    type: category === 'D' && type.startsWith('timestamp') ? 'datetime' : 'string',
    ...(category === 'D' ? { format: 'any' } : {}),
  }
}

function primaryKey(table: Table): string[] {
  const key = table.columns.filter((column) => column.key > 0).sort((a, b) => a.key - b.key)
  return key.map((column) => shown(column.name))
}
