import { dialectText } from './csv-encoder.ts'
import type { Table } from './schema.ts'
import type { ReadColumn } from './table-plan.ts'

/**
 * The description of one table's CSV files: a Frictionless Data Package (v1). One per folder, beside its files, so
 * that a later package with some tables only describes exactly what it holds.
 */
export function dataPackage(table: Table, columns: readonly ReadColumn[], paths: readonly string[]): Buffer {
  const name = table.name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
  const resource = {
    profile: 'tabular-data-resource',
    name,
    title: table.name,
    description: dialectText,
    path: paths,
    format: 'csv',
    mediatype: 'text/csv',
    encoding: 'utf-8',
    dialect: {
      delimiter: ',',
      lineTerminator: '\n',
      quoteChar: '"',
      doubleQuote: true,
      nullSequence: 'NULL',
      header: true,
    },
    schema: {
      fields: columns.map(field),
      missingValues: ['NULL'],
      ...(table.key.length > 0 ? { primaryKey: table.key } : {}),
    },
  }
  const described = { profile: 'tabular-data-package', name, title: table.name, resources: [resource] }
  return Buffer.from(`${JSON.stringify(described, null, 2)}\n`)
}

function field({ column, cell }: ReadColumn): object {
  const { name, type, charset, form } = column
  return {
    name,
    ...(form === 'numbered' ? { type: 'integer' } : typed(type, cell)),
    mysqlType: type,
    ...(charset === undefined ? {} : { mysqlCharset: charset }),
  }
}

/** Zero dates and days that do not exist are no dates of Frictionless's: they are said to be text. */
function typed(type: string, cell: ReadColumn['cell']): { type: string; format?: string } {
  if (cell === 'base64') return { type: 'string', format: 'binary' }
  if (/^(tiny|small|medium|big)?int|^year/.test(type)) return { type: 'integer' }
  if (/^(decimal|double|float)/.test(type)) return { type: 'number' }
  return { type: 'string' }
}
