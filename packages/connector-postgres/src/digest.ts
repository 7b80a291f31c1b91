import { createHash } from 'node:crypto'
import type { Item } from '@restitute/core'
import { apart, type Settings } from './apart.ts'
import { loaded } from './data-package.ts'
import { lossOf } from './errors.ts'
import { readAmiss } from './held.ts'
import { quoted } from './location.ts'
import { rowHash } from './row-hash.ts'
import type { Row, Session } from './session.ts'
import type { Table } from './tables.ts'

/** Id of the rows of a table, or of a materialised view. */
export function tableId({ materialized, label }: Table): string {
  return `${materialized ? 'materialized-rows' : 'table'}/${label}`
}

/** What its rows are, as an item. */
export function kindOf({ materialized }: Table): string {
  return materialized ? 'materialized-rows' : 'table'
}

/** `"schema"."name"` */
export function qualified({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoted(schema)}.${quoted(name)}`
}

/**
 * Rows, bytes and digest of a table, computed by the server in one scan. The digest does not depend on the order of
 * rows or columns: each row has a 64-bit hash ({@link rowHash}). That of a record is a linear sum of its columns' hashes,
 * so it is mixed once more before it is summed: else two values could change their rows unseen. The mark covers where
 * each row lies, too: only with equal marks may the same ranges of blocks be read on. And it covers the columns of the CSV:
 * the one that an earlier package holds must fit the definitions of now, though a column that has another name, holds
 * nothing but NULL or is computed no more leaves the digest as it was.
 */
function measureSql(table: Table): string {
  const { record, text, bytes } = rowHash(table.columns)
  const values = `SELECT ${record} AS record, ${text} AS text, ${bytes} AS bytes, t.ctid AS at, ${once}
    FROM ${source(table)} t ${where(table)}`
  const hashed = `SELECT pg_catalog.hashtextextended(text, pg_catalog.hash_record_extended(record, 0)) AS h,
      pg_catalog.octet_length(text) + bytes AS bytes, at, ${once} FROM (${values}) v`
  return `SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(bytes), 0), coalesce(pg_catalog.sum(h), 0),
      coalesce(pg_catalog.sum(pg_catalog.hashtidextended(at, h)), 0),
      (coalesce(pg_catalog.max(at), '(0,0)')::text::pg_catalog.point)[0]::pg_catalog.int8
    FROM (${hashed}) rows`
}

// A volatile expression beside a value keeps the planner from computing it for each of its uses; unlike OFFSET 0 it
// leaves the scan to several processes.
const once = 'pg_catalog.clock_timestamp()'

/** What its rows are read from. */
export function source(table: Table): string {
  return `${table.whole ? '' : 'ONLY '}${qualified(table)}`
}

/** The rows that are the user's. */
export function where({ condition }: Table): string {
  return condition === undefined ? '' : condition
}

/** How a table is read: see {@link Table.path}. */
export function settingsFor({ path }: Table): Settings {
  return path === undefined ? {} : { search_path: path }
}

// How many processes a query may take is the server's to say, for all or for this role.
const parallel = 'max_parallel_workers_per_gather'

/** A table as an item; one that cannot be read is `lost`, and the transaction goes on. */
export async function tableItem(session: Session, table: Table, signal: AbortSignal): Promise<Item> {
  if (table.unreadable !== undefined) return lostTable(table, table.unreadable)
  try {
    await using _apart = await apart(session, signal, { ...settingsFor(table), [parallel]: 'DEFAULT' })
    const [row = []] = await session.rows(signal, measureSql(table))
    const lost = await readAmiss(session, table, qualified(table), signal)
    return lost === undefined ? measured(row, table) : lostTable(table, lost)
  } catch (error) {
    return lostTable(table, lossOf(error))
  }
}

/** A table whose rows are the user's by a condition, or lie in its partitions, is not cut by blocks: `lastBlock` is left at 0. */
function measured([count, bytes, sum, placed, lastBlock]: Row, table: Table): Item {
  const inOnePlace = table.condition === undefined && !table.whole
  const digest = sha256(`${count} ${sum}`)
  const columns = JSON.stringify(loaded(table).map(({ name, type }) => [name, type]))
  return {
    ...{ id: tableId(table), kind: kindOf(table), bytes: Number(bytes), count: Number(count), digest },
    mark: sha256(`${digest} ${placed} ${columns}`),
    attributes: { lastBlock: inOnePlace ? Number(lastBlock) : 0 },
  }
}

function lostTable(table: Table, lost: string): Item {
  return { id: tableId(table), kind: kindOf(table), bytes: 0, mark: 'unreadable', lost }
}

/** Hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
