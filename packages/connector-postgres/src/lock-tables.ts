import { quoted } from './location.ts'
import { scattered } from './scattered.ts'
import type { Session } from './session.ts'

/** A table that can be read, as it was listed. */
export interface Lockable {
  readonly oid: string
  /** `"schema"."name"` */
  readonly name: string
  /** It is read by its partitions, of which a reader may have no right of his own. */
  readonly whole: boolean
}

const lockableSql = `${scattered} SELECT c.oid, n.nspname, c.relname, c.oid IN (SELECT id FROM scattered_roots)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')`

/** Every table that the session sees and can read. */
export async function lockableTables(session: Session, signal: AbortSignal): Promise<Lockable[]> {
  const rows = await session.rows(signal, lockableSql)
  return rows.map(([oid, schema, name, whole]) => ({
    oid: oid ?? '',
    name: [schema ?? '', name ?? ''].map(quoted).join('.'),
    whole: whole === 't',
  }))
}

/** Locks tables against being dropped, emptied, renamed or altered until the transaction ends (ACCESS SHARE). */
export async function lockTables(
  session: Session,
  tables: readonly Lockable[],
  signal: AbortSignal,
): Promise<void> {
  for (const group of inGroups(tables)) {
    const names = group.map(({ name, whole }) => (whole ? name : `ONLY ${name}`))
    await session.script(signal, `LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`)
  }
}

function inGroups<T>(all: readonly T[], size = 500): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}
