import type { Session } from './session.ts'
import type { Table } from './tables.ts'

const storage = `SELECT FROM pg_catalog.pg_class c WHERE c.oid = $1::pg_catalog.oid AND pg_catalog.pg_relation_filenode(c.oid) <> c.relfilenode`

/**
 * Why the rows just read are not those of the view, if so: a materialised view that is filled anew meanwhile shows its new rows to
 * every snapshot, even an older one. Asked while it is still held by having been read. Tables are held all the time.
 */
export async function filledAnew(
  session: Session,
  { materialized, oid }: Table,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!materialized || (await session.rows(signal, storage, [oid])).length === 0) return undefined
  return 'it was filled anew since the moment of this export: what it holds is of another one; export again'
}
