import { dialectText, type StorageClass } from './csv-encoder.ts'
import type { Column, Table } from './schema.ts'

/**
 * The description of one table's CSV files: a Frictionless Data Package (v1). One per table, beside its files, so
 * that a later package with some tables only describes exactly what it holds.
 */
export function dataPackage(
  table: Table,
  paths: readonly string[],
  classes: readonly ReadonlySet<StorageClass>[],
): Buffer {
  const name = slug(table.safeName)
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
      nullSequence: '\\N',
      header: true,
    },
    schema: {
      fields: table.columns.map((column, i) => field(column, classes[i] ?? new Set())),
      missingValues: ['\\N'],
      ...primaryKey(table),
    },
  }
  const described = { profile: 'tabular-data-package', name, title: table.name, resources: [resource] }
  return Buffer.from(`${JSON.stringify(described, null, 2)}\n`)
}

/** SQLite columns hold what they are given: the type follows from the values, the declared one is beside it. */
function field(column: Column, classes: ReadonlySet<StorageClass>): object {
  return { name: column.name, type: fieldType(classes), sqliteType: column.type }
}

function fieldType(classes: ReadonlySet<StorageClass>): string {
  if (classes.size === 0) return 'any'
  if (classes.has('text') || classes.has('blob')) return 'string'
  return classes.has('real') ? 'number' : 'integer'
}

function primaryKey(table: Table): { primaryKey?: string[] } {
  const key = table.columns.filter((column) => column.key > 0).sort((a, b) => a.key - b.key)
  return key.length > 0 ? { primaryKey: key.map((column) => column.name) } : {}
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
}
