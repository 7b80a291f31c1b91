import type { Entry, Loss } from '@restitute/core'
import { apart } from './apart.ts'
import { copyOutSql, fileEncoding, type Slice } from './copy.ts'
import type { Rows } from './copy-out.ts'
import { dataPackage } from './data-package.ts'
import { qualified, settingsFor, tableId } from './digest.ts'
import { fileEntry, number, streamedEntry } from './entries.ts'
import { lossOf } from './errors.ts'
import { readAmiss } from './held.ts'
import type { Session } from './session.ts'
import type { Table } from './tables.ts'

async function* noRows(): Rows['content'] {}

/**
 * A table, or a slice of it, as parts `data/tables/<table>/<slice>-<part>.csv` (a materialised view: `data/materialized/…`), then the data package that describes
 * them. Joined in the order of their names, the parts of all slices are one CSV file. Parts are numbered where the
 * whole table is read here.
 */
export async function* tableEntries(
  session: Session,
  table: Table,
  o: { readonly slice: Slice | undefined; readonly partBytes: number; readonly modified: bigint },
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const item = tableId(table)
  const slice = o.slice?.slice ?? 1
  const folder = `data/${table.materialized ? 'materialized' : 'tables'}/${table.safeName}/`
  const files: string[] = []
  const partOf = (rows: Rows): Entry => {
    const part = files.push(`${number(slice)}-${number(files.length + 1)}.csv`)
    const path = folder + (files.at(-1) ?? '')
    return streamedEntry({ path, item, ...rows, modified: o.modified, ...(o.slice ? {} : { part }) })
  }
  try {
    await using _apart = await apart(session, signal, settingsFor(table))
    const sql = copyOutSql(table, o.slice, session.encoding)
    for await (const part of session.copyOut(signal, sql, o.partBytes)) yield partOf(part)
    const lost = await readAmiss(session, table, qualified(table), signal)
    if (lost !== undefined) return yield { item, lost }
  } catch (error) {
    yield { item, lost: lossOf(error) }
    return
  }
  // Who loads the slices counts their descriptions: a slice without rows has one, too, one that was lost on the way has none.
  if (files.length === 0) yield partOf({ size: 0, content: noRows() })
  const described = dataPackage(table, {
    ...{ slice, of: o.slice?.of, files, encoding: fileEncoding(session.encoding) },
  })
  const name = slice === 1 ? 'datapackage.json' : `datapackage-${number(slice)}.json`
  yield fileEntry({ path: folder + name, item, chunks: [described], modified: o.modified })
}
