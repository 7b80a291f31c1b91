import { type JsonObject, tablePackage } from '@restitute/core'
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
  return tablePackage({
    ...{ name: table.safeName, title: table.name, dialect: dialectText, files: paths },
    ...{ encoding: 'utf-8', nullSequence: '\\N', header: true },
    fields: table.columns.map((column, i) => field(column, classes[i] ?? new Set())),
    primaryKey: primaryKey(table),
  })
}

/** SQLite columns hold what they are given: the type follows from the values, the declared one is beside it. */
function field(column: Column, classes: ReadonlySet<StorageClass>): JsonObject {
  return { name: column.name, type: fieldType(classes), sqliteType: column.type }
}

function fieldType(classes: ReadonlySet<StorageClass>): string {
  if (classes.size === 0) return 'any'
  if (classes.has('text') || classes.has('blob')) return 'string'
  return classes.has('real') ? 'number' : 'integer'
}

function primaryKey(table: Table): string[] {
  const key = table.columns.filter((column) => column.key > 0).sort((a, b) => a.key - b.key)
  return key.map((column) => column.name)
}
