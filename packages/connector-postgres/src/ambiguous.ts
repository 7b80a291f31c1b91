import { apart } from './apart.ts'
import { isTimeout, qualified } from './digest.ts'
import { isServerError } from './errors.ts'
import { quoted } from './location.ts'
import type { Session } from './session.ts'
import { readTables, type Table } from './tables.ts'
import { userSchemas } from './user-objects.ts'

// These are written without their arguments, and read back only where one function or operator has the name.
const columnsSql = `SELECT c.oid, n.nspname, c.relname, a.attname, t.typname, CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE a.atttypid IN ('pg_catalog.regproc'::pg_catalog.regtype, 'pg_catalog.regoper'::pg_catalog.regtype) AND a.attnum > 0
    AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${userSchemas}`

/** The tables of a view, of which those with a value that no server reads back cannot be delivered. */
export async function deliverableTables(session: Session, signal: AbortSignal): Promise<Table[]> {
  const reasons = new Map<string, string>()
  for (const [oid, schema, name, column, type, only] of await session.rows(signal, columnsSql)) {
    const table = `${only}${qualified({ schema: schema ?? '', name: name ?? '' })}`
    if (await hasAmbiguous(session, { table, column: column ?? '', type: type ?? '' }, signal))
      reasons.set(oid ?? '', reasonFor(column ?? ''))
  }
  return (await readTables(session, signal)).map((table) => {
    const unreadable = table.unreadable ?? reasons.get(table.oid)
    return unreadable === undefined ? table : { ...table, unreadable }
  })
}

/** A table that cannot be looked at is stated as lost where its rows are read. */
async function hasAmbiguous(
  session: Session,
  { table, column, type }: { readonly table: string; readonly column: string; readonly type: string },
  signal: AbortSignal,
): Promise<boolean> {
  const value = `pg_catalog.format('%s', t.${quoted(column)})`
  const named = `${value} <> '' AND ${value} !~ '^([0-9]+|-)$'`
  try {
    await using _apart = await apart(session, signal)
    const sql = `SELECT FROM ${table} t WHERE ${named} AND pg_catalog.to_${type}(${value}) IS NULL LIMIT 1`
    return (await session.rows(signal, sql)).length > 0
  } catch (error) {
    if (!isServerError(error) || isTimeout(error)) throw error
    return false
  }
}

function reasonFor(column: string): string {
  return `its column ${column} names a function or an operator that is there several times, and no server could read it back: make it regprocedure or regoperator`
}
