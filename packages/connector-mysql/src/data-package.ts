import { type JsonObject, tablePackage } from '@restitute/core'
import { dialectText } from './csv-encoder.ts'
import type { Table } from './schema.ts'
import type { ReadColumn } from './table-plan.ts'

/**
 * The description of one table's CSV files: a Frictionless Data Package (v1). One per folder, beside its files, so
 * that a later package with some tables only describes exactly what it holds.
 */
export function dataPackage(table: Table, columns: readonly ReadColumn[], paths: readonly string[]): Buffer {
  return tablePackage({
    ...{ name: table.name, title: table.name, dialect: dialectText, files: paths },
    ...{ encoding: 'utf-8', nullSequence: 'NULL', header: true },
    fields: columns.map(field),
    primaryKey: table.key,
  })
}

function field({ column, cell }: ReadColumn): JsonObject {
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
