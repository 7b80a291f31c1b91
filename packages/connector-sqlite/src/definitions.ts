import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { compareUtf8 } from '@restitute/core'
import { isPlain } from './escaped-text.ts'
import { nameLiteral } from './literals.ts'
import type { Schema, SchemaObject } from './schema.ts'
import { endOfDefinition } from './sql-scan.ts'
import { firstLine } from './sqlite-errors.ts'

/** Start of the native script: pragmas, the transaction, tables. Texts that are not UTF-8 under escaped names. */
export function firstDefinitions(schema: Schema): string {
  const { page_size, auto_vacuum, user_version, application_id } = schema.pragmas
  return [
    'PRAGMA foreign_keys=OFF;\nPRAGMA ignore_check_constraints=ON;\n',
    `PRAGMA encoding='${schema.encoding}';\nPRAGMA page_size=${page_size};\nPRAGMA auto_vacuum=${auto_vacuum};\n`,
    `BEGIN TRANSACTION;\nPRAGMA user_version=${user_version};\nPRAGMA application_id=${application_id};\n`,
    ...inOrder(schema).map(createTable),
  ].join('')
}

/** End of the native script: indexes, triggers, views; true names where they are not UTF-8; the commit. */
export function lastDefinitions(schema: Schema): string {
  const others = schema.objects.filter((object) => object.type !== 'table')
  const journal = schema.journalMode === 'wal' ? 'PRAGMA journal_mode=WAL;\n' : ''
  return [...others.map(createOther), ...trueNames(schema), 'COMMIT;\n', journal].join('')
}

/** SHA-256 of the definitions in a form that a restored copy gives again. */
export function definitionsDigest(schema: Schema): string {
  const objects = schema.objects
    .map(({ type, name, table, sql }) => [type, name, table, closed(sql)])
    .sort((a, b) => compareUtf8(`${a[0]} ${a[1]}`, `${b[0]} ${b[1]}`))
  const { encoding, journalMode, pragmas } = schema
  const text = JSON.stringify({ encoding, journalMode, pragmas, objects })
  return createHash('sha256').update(text).digest('hex')
}

/** Why SQLite alone cannot load the definitions: they need a function or a collation that the application brings. */
export function definitionsProblem(schema: Schema): string | undefined {
  const db = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true, defensive: false })
  try {
    db.exec(firstDefinitions(schema) + lastDefinitions({ ...schema, journalMode: 'delete' }))
    return undefined
  } catch (error) {
    return `cannot be loaded by SQLite alone: ${firstLine(error instanceof Error ? error.message : '')}`
  } finally {
    db.close()
  }
}

/** sqlite_sequence comes to be with the first AUTOINCREMENT table: it is made last, if it is not there. */
function inOrder(schema: Schema): SchemaObject[] {
  const tables = schema.objects.filter((object) => object.type === 'table')
  const isSequence = (object: SchemaObject): boolean => object.name === 'sqlite_sequence'
  return [...tables.filter((object) => !isSequence(object)), ...tables.filter(isSequence)]
}

function createTable(object: SchemaObject): string {
  if (/^CREATE\s+VIRTUAL/i.test(object.sql)) return unlocked(insertRow(object))
  if (object.name === 'sqlite_sequence') {
    return unlocked('CREATE TABLE IF NOT EXISTS sqlite_sequence(name,seq);\n')
  }
  const sql = object.sql + endOfDefinition(object.sql)
  return object.name.startsWith('sqlite_') ? unlocked(sql) : sql
}

function createOther(object: SchemaObject): string {
  const asRow = object.type !== 'index' && !(isPlain(object.sql) && isPlain(object.name))
  return asRow ? unlocked(insertRow(object)) : object.sql + endOfDefinition(object.sql)
}

/** What has no pages of its own can be put into the schema as it is, as the sqlite3 program does it. */
function insertRow({ type, name, table, sql }: SchemaObject): string {
  const values = [type, name, table].map(nameLiteral).join(',')
  return `INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES(${values},0,${nameLiteral(sql)});\n`
}

function unlocked(sql: string): string {
  return `PRAGMA writable_schema=ON;\n${sql}PRAGMA writable_schema=OFF;\n`
}

/** Tables and indexes that were made under escaped texts get their bytes back. */
function trueNames(schema: Schema): string[] {
  const stored = schema.objects.filter((object) => object.type === 'table' || object.type === 'index')
  const escaped = stored.filter(({ name, table, sql }) => !isPlain(name + table + sql))
  return escaped.map((object) => unlocked(renameRow(object)))
}

function renameRow({ type, name, table, sql }: SchemaObject): string {
  const where = `WHERE type='${type}' AND name='${name.replaceAll("'", "''")}'`
  const own = `UPDATE sqlite_master SET name=${nameLiteral(name)},tbl_name=${nameLiteral(table)},sql=${nameLiteral(sql)} ${where};\n`
  if (type !== 'table' || isPlain(name)) return own
  const automatic = `replace(name,'${name.replaceAll("'", "''")}',${nameLiteral(name)})`
  return `${own}UPDATE sqlite_master SET name=${automatic},tbl_name=${nameLiteral(table)} WHERE type='index' AND sql IS NULL AND tbl_name='${name.replaceAll("'", "''")}';\n`
}

/** As it is stored again when the script has closed an open comment. */
function closed(sql: string): string {
  return (sql + endOfDefinition(sql).replace(/;\n$/, '')).trimEnd()
}
