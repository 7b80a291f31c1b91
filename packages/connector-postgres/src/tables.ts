import { compareUtf8, safeNames } from '@restitute/core'
import { apartLabels, label } from './names.ts'
import { readByItself, scattered } from './scattered.ts'
import { pathFor } from './search-path.ts'
import type { Session } from './session.ts'
import { notOfExtension, userSchemas } from './user-objects.ts'

/** A column with stored values. */
export interface Column {
  readonly name: string
  /** As the server spells it. */
  readonly type: string
  /** Name of a type of the server's own (`int4`), undefined for any other. */
  readonly builtIn: string | undefined
  /** Category of `pg_type`: `N` numbers, `S` texts, `B` booleans, `D` dates and times, … */
  readonly category: string
  readonly notNull: boolean
  /** Computed from others: it comes out, but is not loaded. */
  readonly generated: boolean
  /** Place in the primary key, from 1; 0 when not in it. */
  readonly key: number
}

/** A table with rows of its own: ordinary ones, partitions, children and parents by inheritance; or a {@link scattered} one. */
export interface Table {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** `schema.name`. */
  readonly label: string
  /** Folder of its entries. */
  readonly safeName: string
  readonly columns: readonly Column[]
  /** Which rows are the user's, in a table of an extension. */
  readonly condition?: string
  /** Its rows lie in its partitions, and are read and loaded by it: another server may give them to other ones. */
  readonly whole?: true
  /** `search_path` to read it with: a function of an index or a constraint, which the server may look into, needs one. */
  readonly path?: string
  /** Why it cannot be read. */
  readonly unreadable?: string
  /** A materialised view: its rows are delivered for whoever reads them, and loaded by nobody. */
  readonly materialized?: true
}

const tablesSql = `${scattered} SELECT c.oid, n.nspname, c.relname,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery(), pg_catalog.row_security_active(c.oid),
    e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)], c.relkind = 'p', ${pathFor('c.oid')}
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_extension e ON c.oid = ANY (e.extconfig)
  WHERE (c.relkind = 'r' AND ${readByItself('c.oid')} OR c.oid IN (SELECT id FROM scattered_roots))
    AND c.relpersistence <> 't' AND ${userSchemas} AND (e.oid IS NOT NULL OR ${notOfExtension('pg_class', 'c.oid')}) ORDER BY n.nspname, c.relname`

// Of one whose rows are none any more there is nothing to read.
const materializedSql = `SELECT c.oid, n.nspname, c.relname,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    false, false, NULL, false, ${pathFor('c.oid')}
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated AND ${userSchemas} AND ${notOfExtension('pg_class', 'c.oid')}`

const columnsSql = `SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), t.typcategory, a.attnotnull,
    a.attgenerated, coalesce(pg_catalog.array_position(i.indkey::int2[], a.attnum) + 1, 0),
    CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN t.typname END
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
  WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND ${userSchemas} AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`

/** Every table of the view that has rows of its own, ascending by label. */
export function readTables(session: Session, signal: AbortSignal): Promise<Table[]> {
  return relationsOf(session, tablesSql, signal)
}

/**
 * The materialised views that hold rows, likewise: these are what was there when it was last filled, and may be nowhere else by now.
 * Whoever rebuilds the database fills it anew.
 */
export async function readMaterialized(session: Session, signal: AbortSignal): Promise<Table[]> {
  const found = await relationsOf(session, materializedSql, signal)
  return found.map((table) => ({ ...table, materialized: true }))
}

async function relationsOf(session: Session, sql: string, signal: AbortSignal): Promise<Table[]> {
  const columns = new Map<string, Column[]>()
  for (const row of await session.rows(signal, columnsSql)) {
    const [oid, name, type, category, notNull, generated, key, builtIn] = row
    const list = columns.get(oid ?? '') ?? []
    columns.set(oid ?? '', list)
    // Virtual columns (PostgreSQL 18) have no stored values.
    if (generated === 'v') continue
    list.push({
      ...{ name: name ?? '', type: type ?? '', category: category ?? '', key: Number(key) },
      builtIn: builtIn ?? undefined,
      ...{ notNull: notNull === 't', generated: generated === 's' },
    })
  }
  const found = await session.rows(signal, sql)
  const labels = apartLabels(found.map(([, schema, name]) => label(schema ?? '', name ?? '')))
  const tables = found.map(([oid, schema, name, allowed, hidden, filtered, condition, whole, path], i) => ({
    ...{ oid: oid ?? '', schema: schema ?? '', name: name ?? '', label: labels[i] ?? '' },
    columns: columns.get(oid ?? '') ?? [],
    ...(condition ? { condition } : {}),
    ...(whole === 't' ? { whole: true as const } : {}),
    ...(path ? { path } : {}),
    ...unreadable(allowed === 't', hidden === 't', filtered === 't'),
  }))
  tables.sort((a, b) => compareUtf8(a.label, b.label))
  const safe = safeNames(tables.map((table) => Buffer.from(table.label)))
  return tables.map((table, i) => ({ ...table, safeName: safe[i] ?? '' }))
}

function unreadable(allowed: boolean, hidden: boolean, filtered: boolean): { unreadable?: string } {
  if (!allowed) return { unreadable: 'the reading role may not select from it' }
  if (filtered)
    return {
      unreadable: 'query would be affected by row-level security policy, for the reading role (42501)',
    }
  return hidden ? { unreadable: 'an unlogged table has no rows on a standby' } : {}
}
