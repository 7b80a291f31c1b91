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
  o: { readonly slice: number; readonly files: readonly string[]; readonly encoding: string },
): Buffer {
  const name = slug(table.safeName)
  const resource = {
    profile: 'tabular-data-resource',
    ...{ name, title: table.label, description: dialectText, path: o.files },
    ...{ format: 'csv', mediatype: 'text/csv', encoding: o.encoding },
    dialect: {
      ...{ delimiter: ',', lineTerminator: '\n', quoteChar: '"', doubleQuote: true },
      ...{ nullSequence: '\\N', header: o.slice === 1 },
    },
    schema: {
      fields: loaded(table).map(field),
      missingValues: ['\\N'],
      ...primaryKey(table),
    },
  }
  const about =
    o.slice === 1
      ? {}
      : { description: `slice ${o.slice} of the table; its rows belong to those of the other slices` }
  const described = {
    profile: 'tabular-data-package',
    name,
    title: table.label,
    ...about,
    resources: [resource],
  }
  return Buffer.from(`${JSON.stringify(described, null, 2)}\n`)
}

/** The columns that are written and loaded. */
export function loaded({ columns }: Table): readonly Column[] {
  return columns.filter((column) => !column.generated)
}

const integers = ['smallint', 'integer', 'bigint']

function field({ name, type, category, notNull }: Column): object {
  return {
    name,
    ...fieldType(type, category),
    postgresType: type,
    ...(notNull ? { constraints: { required: true } } : {}),
  }
}

function fieldType(type: string, category: string): object {
  if (integers.includes(type)) return { type: 'integer' }
  if (/^(numeric|real|double precision)/.test(type)) return { type: 'number' }
  if (type === 'boolean') return { type: 'boolean', trueValues: ['t'], falseValues: ['f'] }
  if (type === 'date') return { type: 'date' }
  return {
    type: category === 'D' && type.startsWith('timestamp') ? 'datetime' : 'string',
    ...(category === 'D' ? { format: 'any' } : {}),
  }
}

function primaryKey(table: Table): { primaryKey?: string[] } {
  const key = table.columns.filter((column) => column.key > 0).sort((a, b) => a.key - b.key)
  return key.length > 0 ? { primaryKey: key.map((column) => column.name) } : {}
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
}
