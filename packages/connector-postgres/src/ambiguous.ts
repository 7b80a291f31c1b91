import { apart } from './apart.ts'
import { qualified } from './digest.ts'
import { isPassing, isServerError } from './errors.ts'
import { quoted } from './location.ts'
import { bare, holding } from './named-by-values.ts'
import { shown } from './raw-text.ts'
import type { Session } from './session.ts'
import { readTables, type Table } from './tables.ts'
import { userSchemas } from './user-objects.ts'

// Functions and operators are written without their arguments, and read back only where one has the name.
const several = (type: string, catalog: string): string =>
  `SELECT o.oid::pg_catalog.${type}::text AS name FROM pg_catalog.${catalog} o GROUP BY 1 HAVING pg_catalog.count(*) > 1`
const named = (names: string): string =>
  `EXISTS (SELECT FROM (${names}) a WHERE pg_catalog.strpos(${bare('d.v')}, ${bare('a.name')}) > 0)`
// What the server makes for itself has another number wherever it is made again, or is not there; that of its catalogue has the same.
const ofServer = String.raw`${bare('d.v')} ~ '[,.]pg_(toast_\d{5,}(_index)?|temp_\d+|toast_temp_\d+)[,.]'`

const unreadable: Readonly<Record<string, string>> = {
  regproc: named(several('regproc', 'pg_proc')),
  regoper: named(several('regoper', 'pg_operator')),
  regclass: ofServer,
  regtype: ofServer,
  regnamespace: ofServer,
}

const reasons: Readonly<Record<string, string>> = {
  regproc: 'a function that is there several times, and no server could read it back: make it regprocedure',
  regoper: 'an operator that is there several times, and no server could read it back: make it regoperator',
}
const another =
  'what the server made for itself (TOAST, temporary), and no other one has: make it a text, or delete these rows'

const columnsSql = `SELECT c.oid, n.nspname, c.relname, a.attname, CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END FROM (${holding}) a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${userSchemas}`

/** The tables of a view, of which those with a value that no server reads back cannot be delivered. */
export async function deliverableTables(session: Session, signal: AbortSignal): Promise<Table[]> {
  const found = new Map<string, string>()
  for (const [type, test] of Object.entries(unreadable)) {
    for (const [oid, schema, name, column, only] of await session.rows(signal, columnsSql, [
      `pg_catalog.${type}`,
    ])) {
      const table = `${only}${qualified({ schema: schema ?? '', name: name ?? '' })}`
      if (!found.has(oid ?? '') && (await hasSuch(session, table, column ?? '', test, signal)))
        found.set(oid ?? '', `its column ${shown(column ?? '')} names ${reasons[type] ?? another}`)
    }
  }
  return (await readTables(session, signal)).map((table) => {
    const lost = table.unreadable ?? found.get(table.oid)
    return lost === undefined ? table : { ...table, unreadable: lost }
  })
}

/** A table that cannot be looked at is stated as lost where its rows are read. */
async function hasSuch(
  session: Session,
  table: string,
  column: string,
  test: string,
  signal: AbortSignal,
): Promise<boolean> {
  const values = `SELECT DISTINCT pg_catalog.format('%s', t.${quoted(column)}) AS v FROM ${table} t`
  try {
    await using _apart = await apart(session, signal)
    return (await session.rows(signal, `SELECT FROM (${values}) d WHERE ${test} LIMIT 1`)).length > 0
  } catch (error) {
    if (!isServerError(error) || isPassing(error)) throw error
    return false
  }
}
