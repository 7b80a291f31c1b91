import type { JsonObject } from './json.ts'

/** A table as CSV files, to be described. */
export interface DescribedTable {
  /** A name that may stand in a file name; the description's own is made from it. */
  readonly name: string
  readonly title: string
  /** Of this description, when it does not describe all of the table. */
  readonly about?: string
  /** What the cells mean, for people. */
  readonly dialect: string
  /** In the order in which they are joined. */
  readonly files: readonly string[]
  readonly encoding: string
  /** How NULL is written. */
  readonly nullSequence: string
  /** Whether the first file begins with the names of the columns. */
  readonly header: boolean
  readonly fields: readonly JsonObject[]
  /** Names of columns; empty: none. */
  readonly primaryKey: readonly string[]
}

/** `datapackage.json` of one table: a Frictionless Data Package (v1) with one resource in RFC 4180 CSV. */
export function tablePackage(table: DescribedTable): Buffer {
  const name = table.name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
  const { title, nullSequence, header, about } = table
  const resource = {
    profile: 'tabular-data-resource',
    ...{ name, title, description: table.dialect, path: table.files },
    ...{ format: 'csv', mediatype: 'text/csv', encoding: table.encoding },
    dialect: {
      ...{ delimiter: ',', lineTerminator: '\n', quoteChar: '"', doubleQuote: true },
      ...{ nullSequence, header },
    },
    schema: {
      fields: table.fields,
      missingValues: [nullSequence],
      ...(table.primaryKey.length > 0 ? { primaryKey: table.primaryKey } : {}),
    },
  }
  const description = about === undefined ? {} : { description: about }
  const described = { profile: 'tabular-data-package', name, title, ...description, resources: [resource] }
  return Buffer.from(`${JSON.stringify(described, null, 2)}\n`)
}
