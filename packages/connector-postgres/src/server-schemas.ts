import type { Item } from '@restitute/core'
import { label } from './names.ts'
import type { Session } from './session.ts'
import { notOfExtension } from './user-objects.ts'

/** Condition that an object was made since the server was, in a schema that came with it. */
const madeLater = (schema: string): string => `o.oid >= 16384 AND o.${schema} IN (
  SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('pg_catalog', 'information_schema') AND n.oid < 16384)`

// Functions in pg_catalog are delivered; what belongs to a relation, or to a type as its array, stands and falls with it.
const objects: Readonly<Record<string, string>> = {
  pg_class: `${madeLater('relnamespace')} AND o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`,
  pg_proc: `${madeLater('pronamespace')} AND o.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace`,
  pg_type: `${madeLater('typnamespace')} AND o.typrelid = 0 AND o.typtype <> 'm'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = o.oid)`,
  pg_operator: madeLater('oprnamespace'),
}

const all = Object.entries(objects).map(
  ([catalog, which]) => `SELECT o.tableoid AS class, o.oid AS id FROM pg_catalog.${catalog} o
    WHERE ${which} AND ${notOfExtension(catalog, 'o.oid')}`,
)
const foundSql = `SELECT d.type, d.identity FROM (${all.join(' UNION ALL ')}) f, pg_catalog.pg_identify_object(f.class, f.id, 0) d`

/** What somebody made among what came with the server, rows too: pg_dump leaves these schemas out whole. */
export async function serverSchemaItems(session: Session, signal: AbortSignal): Promise<Item[]> {
  const rows = await session.rows(signal, foundSql)
  return rows.map(([type, identity]) => ({
    ...{ id: `server-schema/${label(type ?? '', identity ?? '')}`, kind: 'server-object', bytes: 0 },
    mark: 'left out',
    lost: "it lies in a schema of the server's own, and comes with no dump: move it to one of the database (ALTER … SET SCHEMA), and export again",
  }))
}
