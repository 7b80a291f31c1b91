import { createHash } from 'node:crypto'
import type { Item } from '@restitute/core'
import { isServerError, reasonOf } from './errors.ts'
import { quoted } from './location.ts'
import type { Row, Session } from './session.ts'
import type { Table } from './tables.ts'

/** Id of a table's rows. */
export function tableId(table: Table): string {
  return `table/${table.label}`
}

/** `"schema"."name"` */
export function qualified({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoted(schema)}.${quoted(name)}`
}

/**
 * Rows, bytes and digest of a table, computed by the server in one scan. The digest does not depend on the order of
 * rows or columns: a row is the text of the record of its columns in the order of their names; two 64-bit hashes of it
 * (`hashtextextended`, seeds 0 and 1) are summed over the rows. The mark covers where each row lies, too: only with
 * equal marks may the same ranges of blocks be read on.
 */
function measureSql(table: Table): string {
  const names = table.columns.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1))
  const record = `ROW(${names.map((name) => `t.${quoted(name)}`).join(', ')})::text COLLATE pg_catalog."C"`
  return `SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(pg_catalog.octet_length(x)), 0),
      coalesce(pg_catalog.sum(pg_catalog.hashtextextended(x, 0)), 0),
      coalesce(pg_catalog.sum(pg_catalog.hashtextextended(x, 1)), 0),
      coalesce(pg_catalog.sum(pg_catalog.hashtextextended(x, pg_catalog.hashtidextended(at, 2))), 0),
      (coalesce(pg_catalog.max(at), '(0,0)')::text::pg_catalog.point)[0]::pg_catalog.int8
    FROM (SELECT ${record} AS x, t.ctid AS at, ${once} FROM ONLY ${qualified(table)} t ${where(table)}) rows`
}

// A volatile expression beside the text keeps the planner from computing the text for each of its uses; unlike OFFSET 0
// it leaves the scan to several processes.
const once = 'pg_catalog.clock_timestamp()'

/** The rows that are the user's. */
export function where({ condition }: Table): string {
  return condition === undefined ? '' : condition
}

// How many processes a query may take is the server's to say, for all or for this role.
const parallel = 'max_parallel_workers_per_gather'

/** A table as an item; one that cannot be read is `lost`, and the transaction goes on. */
export async function tableItem(session: Session, table: Table, signal: AbortSignal): Promise<Item> {
  const id = tableId(table)
  if (table.unreadable !== undefined) return lostTable(id, table.unreadable)
  try {
    await session.script(signal, `SAVEPOINT restitute; RESET ${parallel}`)
    const [row = []] = await session.rows(signal, measureSql(table))
    await session.script(signal, `SET ${parallel} = 0; RELEASE SAVEPOINT restitute`)
    return measured(id, row)
  } catch (error) {
    if (!isServerError(error) || isTimeout(error)) throw error
    await session.script(signal, 'ROLLBACK TO SAVEPOINT restitute; RELEASE SAVEPOINT restitute')
    return lostTable(id, reasonOf(error))
  }
}

/** What passes when it is tried again is no loss of the item. */
export function isTimeout({ code }: { readonly code: string }): boolean {
  return code === '57014' || code === '55P03' || code === '40001' || code.startsWith('53')
}

function measured(id: string, [count, bytes, first, second, placed, lastBlock]: Row): Item {
  const digest = sha256(`${count} ${first} ${second}`)
  return {
    ...{ id, kind: 'table', bytes: Number(bytes), count: Number(count), digest },
    mark: sha256(`${digest} ${placed}`),
    attributes: { lastBlock: Number(lastBlock) },
  }
}

function lostTable(id: string, lost: string): Item {
  return { id, kind: 'table', bytes: 0, mark: 'unreadable', lost }
}

/** Hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
