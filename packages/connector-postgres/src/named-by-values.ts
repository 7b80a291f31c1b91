import { apart } from './apart.ts'
import { settingsFor, source, where } from './digest.ts'
import { isPassing, isServerError } from './errors.ts'
import { quoted } from './location.ts'
import type { Row, Session } from './session.ts'
import type { Table } from './tables.ts'
import { userSchemas } from './user-objects.ts'

/*
 * Values of types like `regclass` are looked up by name as they are read in: what they name must be there before the rows.
 */

/** An index that is made before the rows, as pg_dump announces it. */
export interface EarlyIndex {
  readonly schema: string
  /** Of a constraint: `<table> <name>`. */
  readonly name: string
}

/** SQL: columns of the type `$1`, or of an array, a domain or a composite type that holds one. */
export const holding: string = `WITH RECURSIVE held(held, by) AS MATERIALIZED (SELECT t.typelem, t.oid FROM pg_catalog.pg_type t UNION ALL SELECT t.typbasetype, t.oid FROM pg_catalog.pg_type t
      UNION ALL SELECT p.atttypid, c.reltype FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute p ON p.attrelid = c.oid AND NOT p.attisdropped WHERE c.reltype <> 0),
    naming(id) AS (SELECT $1::pg_catalog.regtype::pg_catalog.oid UNION SELECT h.by FROM naming n JOIN held h ON h.held = n.id)
  SELECT a.attrelid, a.attname FROM naming n JOIN pg_catalog.pg_attribute a ON a.atttypid = n.id WHERE a.attnum > 0 AND NOT a.attisdropped`

/** SQL: within an array or a record a name has other quotes: without them, and between commas, it is the same wherever it stands. */
export const bare = (text: string): string => `',' || pg_catalog.translate(${text}, '(){}"\\', ',,,,') || ','`

const indexes = `SELECT i.indexrelid AS id, i.indexrelid::pg_catalog.regclass::text AS name FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${userSchemas}`
const roles = `SELECT r.oid AS id, r.oid::pg_catalog.regrole::text AS name FROM pg_catalog.pg_roles r`

const inDefaults = `SELECT d.refobjid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_index i ON i.indexrelid = d.refobjid
  WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass`

const announcedSql = `SELECT n.nspname, coalesce(t.relname || ' ' || o.conname, c.relname) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_constraint o ON o.conindid = c.oid AND o.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_catalog.pg_class t ON t.oid = o.conrelid
  WHERE c.oid = ANY ($1::pg_catalog.oid[]) OR c.oid IN (${inDefaults}) ORDER BY c.oid`

/** The indexes that values or defaults of these tables name. */
export async function earlyIndexes(
  session: Session,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<EarlyIndex[]> {
  const named = await namedBy(session, tables, { type: 'regclass', among: indexes }, signal)
  const rows = await session.rows(signal, announcedSql, [`{${named.join(',')}}`])
  return rows.map(([schema, name]) => ({ schema: schema ?? '', name: name ?? '' }))
}

/** Numbers of the roles that values of these tables name. */
export function namedRoles(
  session: Session,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<string[]> {
  return namedBy(session, tables, { type: 'regrole', among: roles }, signal)
}

async function namedBy(
  session: Session,
  tables: readonly Table[],
  o: { readonly type: string; readonly among: string },
  signal: AbortSignal,
): Promise<string[]> {
  const columns = Map.groupBy(
    await session.rows(signal, holding, [`pg_catalog.${o.type}`]),
    ([table]) => table,
  )
  const found = new Set<string>()
  for (const table of tables) {
    const naming = table.unreadable === undefined ? (columns.get(table.oid) ?? []) : []
    for (const [, column] of naming)
      for (const [id] of await namedIn(session, table, { among: o.among, column: column ?? '' }, signal))
        found.add(id ?? '')
  }
  return [...found].sort()
}

/** A table that cannot be read is stated as lost where its rows are. */
async function namedIn(
  session: Session,
  table: Table,
  { among, column }: { readonly among: string; readonly column: string },
  signal: AbortSignal,
): Promise<Row[]> {
  const values = `SELECT DISTINCT pg_catalog.format('%s', t.${quoted(column)}) AS v FROM ${source(table)} t ${where(table)}`
  try {
    await using _apart = await apart(session, signal, settingsFor(table))
    return await session.rows(
      signal,
      `SELECT DISTINCT a.id FROM (${values}) d JOIN (${among}) a ON pg_catalog.strpos(${bare('d.v')}, ${bare('a.name')}) > 0`,
    )
  } catch (error) {
    if (!isServerError(error) || isPassing(error)) throw error
    return []
  }
}
