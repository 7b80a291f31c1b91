import type { Item } from '@restitute/core'
import { label } from './names.ts'
import type { Session } from './session.ts'

// Foreign tables, and what reads them: partitioned tables, views.
const reached = `WITH RECURSIVE foreign_reads(id) AS (
    SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'f'
    UNION SELECT e.upper FROM foreign_reads f JOIN (
      SELECT d.refobjid AS lower, w.ev_class AS upper FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      UNION ALL SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i) e ON e.lower = f.id)`

/** SQL for the numbers of the relations that read foreign tables, and of these. */
export const readingForeign: string = `(${reached} SELECT id FROM foreign_reads)`

const filledSql = `SELECT n.nspname, c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated AND c.oid IN ${readingForeign}`

/** A materialised view with rows out of foreign tables: nothing refreshes it where these cannot be reached. */
export interface ForeignView {
  readonly label: string
  /** As pg_dump writes it. */
  readonly qualified: string
}

/** Those of the database. */
export async function foreignViews(session: Session, signal: AbortSignal): Promise<ForeignView[]> {
  const rows = await session.rows(signal, filledSql)
  return rows.map(([schema, name, qualified]) => ({
    label: label(schema ?? '', name ?? ''),
    qualified: qualified ?? '',
  }))
}

/** What is said for each, so that nobody believes its rows delivered. */
export function foreignViewItem({ label }: ForeignView): Item {
  return {
    ...{ id: `materialized-view/${label}`, kind: 'foreign-rows', bytes: 0, mark: 'foreign' },
    lost: 'its rows come from foreign tables: refresh it where these can be reached',
  }
}

/** A script that does not refresh them. */
export function withoutRefresh(script: string, views: readonly ForeignView[]): string {
  return views.reduce(
    (text, { qualified }) =>
      text.replace(
        `\n\nREFRESH MATERIALIZED VIEW ${qualified};\n`,
        '\n\n-- Its rows come from foreign tables.\n',
      ),
    script,
  )
}
