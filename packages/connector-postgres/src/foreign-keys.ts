import type { Item } from '@restitute/core'
import { label } from './names.ts'
import { announcedAs } from './scripts.ts'
import type { Session } from './session.ts'

/** A foreign key between tables of the view. */
interface ForeignKey {
  readonly schema: string
  readonly table: string
  readonly name: string
  /** Ids of the rows of the tables that it leads to: of a partitioned one, its partitions. */
  readonly leadsTo: readonly string[]
}

const foreignKeysSql = `WITH RECURSIVE led(id, relation) AS (
    SELECT o.oid, o.confrelid FROM pg_catalog.pg_constraint o WHERE o.contype = 'f' AND o.conparentid = 0
    UNION SELECT l.id, i.inhrelid FROM led l JOIN pg_catalog.pg_class p ON p.oid = l.relation AND p.relkind = 'p'
      JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid)
  SELECT n.nspname, c.relname, o.conname, tn.nspname, t.relname FROM led l JOIN pg_catalog.pg_constraint o ON o.oid = l.id
    JOIN pg_catalog.pg_class c ON c.oid = o.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class t ON t.oid = l.relation JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace`

/** Foreign keys that cannot be made without these rows (`table/…`): but from a table that has none itself. */
async function leadingTo(
  session: Session,
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ForeignKey[]> {
  if (lost.size === 0) return []
  const rows = await session.rows(signal, foreignKeysSql)
  const keys = Map.groupBy(rows, ([schema, table, name]) => JSON.stringify([schema, table, name]))
  return [...keys.values()].flatMap((ones) => {
    const [schema, table, name] = (ones[0] ?? []).map((value) => value ?? '') as [string, string, string]
    const leadsTo = ones.map(([, , , to, toName]) => `table/${label(to ?? '', toName ?? '')}`)
    if (lost.has(`table/${label(schema, table)}`) || !leadsTo.some((id) => lost.has(id))) return []
    return [{ schema, table, name, leadsTo }]
  })
}

/** The definitions, where those of foreign keys into rows that are lost are lost, too. */
export async function withLostForeignKeys(
  session: Session,
  definitions: readonly Item[],
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Item[]> {
  const reasons = new Map<string, string>()
  for (const { schema, table, name, leadsTo } of await leadingTo(session, lost, signal)) {
    const missing = leadsTo.find((id) => lost.has(id))
    reasons.set(
      `definition/foreign-key/${label(schema, table, name)}`,
      `it leads to rows of ${missing}, which are lost`,
    )
  }
  return definitions.map((item) => {
    const reason = item.lost ?? reasons.get(item.id)
    return reason === undefined ? item : { ...item, lost: reason }
  })
}

/** How pg_dump announces the foreign keys into these rows: `<schema> <table> <name>`. */
export async function announcedForeignKeys(
  session: Session,
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Set<string>> {
  const keys = await leadingTo(session, lost, signal)
  return new Set(keys.map(({ schema, table, name }) => announcedAs(schema, table, name)))
}
