import type { Item } from '@restitute/core'
import { label } from './names.ts'
import type { Session } from './session.ts'

// Foreign tables and what dblink runs, and what reads these: views, partitioned tables, functions whose body the server has parsed.
const reached = `WITH RECURSIVE foreign_reads(catalog, id) AS (
    SELECT c.tableoid, c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'f'
    UNION SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
      WHERE d.deptype = 'e' AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.extname = 'dblink'
    UNION SELECT e.catalog, e.upper FROM foreign_reads f JOIN (
      SELECT d.refclassid AS of, d.refobjid AS lower, w.ev_class AS upper, 'pg_catalog.pg_class'::pg_catalog.regclass AS catalog
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      UNION ALL SELECT d.refclassid, d.refobjid, d.objid, d.classid FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      UNION ALL SELECT p.tableoid, i.inhrelid, i.inhparent, p.tableoid FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent)
      e ON e.of = f.catalog AND e.lower = f.id)`

/** SQL for the numbers of the relations that read another system, and of foreign tables. */
export const readingForeign: string = `(${reached} SELECT id FROM foreign_reads WHERE catalog = 'pg_catalog.pg_class'::pg_catalog.regclass)`

// Materialised views without rows, and what reads these: views, and materialised ones that were filled before.
const overEmpty = `WITH RECURSIVE drawn(id, above) AS (
    SELECT c.oid, false FROM pg_catalog.pg_class c WHERE c.relkind = 'm' AND NOT c.relispopulated
    UNION SELECT w.ev_class, true FROM drawn f JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = f.id
      AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.ev_class <> f.id)`

/** SQL for the numbers of the relations that nothing can fill before a materialised view without rows is filled. */
export const readingEmpty: string = `(${overEmpty} SELECT id FROM drawn WHERE above)`

const filledSql = `SELECT n.nspname, c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname), c.oid IN ${readingForeign} FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated AND (c.oid IN ${readingForeign} OR c.oid IN ${readingEmpty})`

/** A materialised view that cannot be refreshed: its rows come out of another system, or from one that has none any more. */
export interface ForeignView {
  readonly label: string
  /** As pg_dump writes it. */
  readonly qualified: string
  readonly foreign: boolean
}

/** Those of the database. */
export async function foreignViews(session: Session, signal: AbortSignal): Promise<ForeignView[]> {
  const rows = await session.rows(signal, filledSql)
  return rows.map(([schema, name, qualified, foreign]) => ({
    ...{ label: label(schema ?? '', name ?? ''), qualified: qualified ?? '', foreign: foreign === 't' },
  }))
}

/** What is said for each, so that nobody believes its rows delivered. */
export function foreignViewItem({ label, foreign }: ForeignView): Item {
  return {
    ...{ id: `materialized-view/${label}`, kind: 'foreign-rows', bytes: 0, mark: 'foreign' },
    lost: foreign
      ? 'its rows come from another system: refresh it where that can be reached'
      : 'a materialised view that it draws on holds no rows any more: refresh both',
  }
}

/** A script that does not refresh them. */
export function withoutRefresh(script: string, views: readonly ForeignView[]): string {
  return views.reduce(
    (text, { qualified }) =>
      text.replace(`\n\nREFRESH MATERIALIZED VIEW ${qualified};\n`, '\n\n-- Nothing can fill it here.\n'),
    script,
  )
}
