import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Difference, Item } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { postgresConnector } from '../src/index.ts'
import { compare, each, exportAll, restore } from './carry.ts'
import { place, signal, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-left-out-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

const prepare = (id: string): string => `BEGIN; INSERT INTO t VALUES (2); PREPARE TRANSACTION '${id}'`

describe.skipIf(!server || !psql)('what no dump of a database holds', () => {
  const db = server as NonNullable<typeof server>

  /** Exported, with exactly these losses; all else comes back equal. */
  async function exportedBut(database: string, lost: readonly string[]): Promise<Item[]> {
    const exported = await exportAll(specOf(db, database), join(folder, database))
    expect(exported.losses.map(({ item }) => item)).toEqual(lost)
    await restore(exported, specOf(db, `${database}_ours`))
    const rest = exported.items.filter((item) => item.lost === undefined)
    expect(await compare(specOf(db, `${database}_ours`), rest)).toEqual([])
    return rest
  }

  async function changesSince(database: string, items: readonly Item[]): Promise<Difference[]> {
    await using watcher = await postgresConnector.watch(specOf(db, database), signal)
    return await Array.fromAsync(watcher.differences(each(items), signal))
  }

  it('is stated as lost, and seen when it comes: what a prepared transaction wrote', async () => {
    await using source = await place(db, 'CREATE TABLE t(a int); INSERT INTO t VALUES (1)')
    const { database } = source
    await sql(db, database, prepare(`${database} 1`))
    const items = await exportedBut(database, [`prepared-transaction/"${database} 1"`])
    await sql(db, database, `ROLLBACK PREPARED '${database} 1'`)
    expect(await changesSince(database, items)).toEqual([])
    await sql(db, database, prepare(`${database} 2`))
    expect(await changesSince(database, items)).toMatchObject([
      { item: `prepared-transaction/"${database} 2"`, change: 'unreadable' },
    ])
    await sql(db, database, `ROLLBACK PREPARED '${database} 2'`)
  })

  it('is stated as lost, and seen when it comes: what lies in a schema of the server', async () => {
    await using source = await place(
      db,
      `CREATE TABLE information_schema.notes(a text); INSERT INTO information_schema.notes VALUES ('x'); CREATE EXTENSION cube SCHEMA pg_catalog;
       CREATE FUNCTION information_schema.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE pg_catalog.mood AS ENUM ('calm');
       CREATE OPERATOR pg_catalog.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq); CREATE TABLE t(a int)`,
    )
    const { database } = source
    const items = await exportedBut(database, [
      'server-schema/function."information_schema.f(integer)"',
      'server-schema/operator."pg_catalog.===(pg_catalog.text,pg_catalog.text)"',
      'server-schema/table."information_schema.notes"',
      'server-schema/type."pg_catalog.mood"',
    ])
    await sql(db, database, 'ALTER TABLE t SET SCHEMA pg_catalog')
    const changes = await changesSince(database, items)
    expect(changes).toContainEqual(expect.objectContaining({ item: 'server-schema/table."pg_catalog.t"' }))
  })
})
