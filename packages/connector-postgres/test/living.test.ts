import type { Exporter, Item } from '@restitute/core'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { each } from './carry.ts'
import { place, signal, specOf, sql } from './support.ts'

const servers = [await startPostgres('system'), await startPostgres('newest')].filter(
  (one) => one !== undefined,
)
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})

const ten = (table: string): string =>
  `CREATE TABLE ${table}(id integer); INSERT INTO ${table} SELECT generate_series(1, 10);`
const waiting =
  "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.application_name LIKE 'restitute view %'"

/** The rows of a table as they come out, or why they do not. */
async function rowsOf(exporter: Exporter, items: readonly Item[], id: string): Promise<number | string> {
  const n = items.findIndex((item) => item.id === id) + 1
  const shard = { id: '000001', first: n, last: n, bytes: 0, slice: { partBytes: 1 << 20 } }
  let lines = 0
  for await (const one of exporter.read(shard, each(items.slice(n - 1, n)), signal)) {
    if ('lost' in one) return one.lost
    const bytes = Buffer.concat(await Array.fromAsync(one.content(), (chunk) => Buffer.from(chunk)))
    if (one.path.endsWith('.csv')) lines += bytes.toString().trim().split('\n').length
  }
  return lines - 1
}

describe.each(servers.slice(0, 1))('whoever alters a table of a view', (db) => {
  it('is named where the export waits behind him, and he for its view', async () => {
    await using source = await place(db, ten('t'))
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    const altered = sql(db, source.database, 'ALTER TABLE t ADD b integer')
    const waits =
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE t %'"
    while ((await sql(db, 'postgres', waits)).rows.length === 0);
    await expect(Array.fromAsync(exporter.inventory(signal))).rejects.toMatchObject({
      code: 'source-unreachable',
      hint: expect.stringContaining('waits until the view lets go'),
    })
    await postgresConnector.release?.(source.spec, exporter.view, signal)
    await altered
  })
})

describe.each(servers)('a database that is altered while it is exported', (db) => {
  it.each([
    ['renamed', 'ALTER TABLE t RENAME TO t_old; ALTER TABLE t_new RENAME TO t', ['t', 't_old']],
    ['dropped', 'DROP TABLE t; ALTER TABLE t_new RENAME TO t', ['t']],
  ])(
    'is seen as it is once its tables are held: one was %s meanwhile, and another took its place',
    async (_, swap, names) => {
      await using source = await place(db, ten('t'))
      const { host, port, user } = db
      const other = new pg.Client({ host, port, user, database: source.database })
      await other.connect()
      await other.query(`BEGIN; CREATE TABLE t_new AS SELECT * FROM t; ${swap}`)
      const freezing = postgresConnector.freeze(source.spec, signal)
      while ((await sql(db, 'postgres', waiting)).rows.length === 0);
      await other.query('COMMIT')
      await other.end()
      await using exporter = await freezing
      const items = await Array.fromAsync(exporter.inventory(signal))
      const tables = items.filter(({ kind }) => kind === 'table')
      expect(tables).toMatchObject(names.map((name) => ({ id: `table/public.${name}`, count: 10 })))
      for (const { id } of tables) expect(await rowsOf(exporter, items, id)).toBe(10)
      await postgresConnector.release?.(source.spec, exporter.view, signal)
    },
  )

  it('states a table as lost in whose place is another one, by the name of its schema', async () => {
    await using source = await place(
      db,
      `CREATE SCHEMA ward; CREATE SCHEMA made; ${ten('ward.t')} CREATE TABLE made.t(id integer)`,
    )
    const swap = (from: string, to: string): Promise<unknown> =>
      sql(db, source.database, `ALTER SCHEMA ward RENAME TO ${from}; ALTER SCHEMA ${to} RENAME TO ward`)
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(await rowsOf(exporter, items, 'table/ward.t')).toBe(10)
    await swap('old', 'made')
    expect(await rowsOf(exporter, items, 'table/ward.t')).toMatch(/its schema was renamed/)
    const again = await Array.fromAsync(exporter.inventory(signal))
    expect(again.find(({ id }) => id === 'table/ward.t')?.lost).toMatch(/its schema was renamed/)
    await swap('made', 'old')
    expect(await Array.fromAsync(exporter.inventory(signal))).toEqual(items)
    await postgresConnector.release?.(source.spec, exporter.view, signal)
  })

  it('does not read what its role was allowed to only once the tables were held', async () => {
    await using source = await place(db, `${ten('t')} ${ten('known')}`)
    const role = `narrow_${source.database}`
    await sql(db, source.database, `CREATE ROLE ${role} LOGIN; GRANT SELECT ON known TO ${role}`)
    const spec = specOf({ ...db, user: role }, source.database)
    {
      await using exporter = await postgresConnector.freeze(spec, signal)
      await sql(db, source.database, `GRANT SELECT ON t TO ${role}`)
      const items = await Array.fromAsync(exporter.inventory(signal))
      await sql(db, source.database, 'TRUNCATE t')
      expect(await rowsOf(exporter, items, 'table/public.t')).toMatch(/could not select.*export again/)
      expect(await rowsOf(exporter, items, 'table/public.known')).toBe(10)
      await postgresConnector.release?.(spec, exporter.view, signal)
    }
    await sql(db, source.database, `DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  it('holds the partitions that it reads by their root, of which its role has no right of its own', async () => {
    const role = `root_${Date.now()}`
    await using source = await place(
      db,
      `CREATE TYPE sex AS ENUM ('f', 'm'); CREATE TABLE t(sex sex, id integer) PARTITION BY HASH (sex);
       CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0);
       INSERT INTO t SELECT 'f', generate_series(1, 10); CREATE ROLE ${role} LOGIN; GRANT SELECT ON t TO ${role}`,
    )
    const spec = specOf({ ...db, user: role }, source.database)
    await using exporter = await postgresConnector.freeze(spec, signal)
    const emptied = sql(db, source.database, "SET lock_timeout = '1s'; TRUNCATE t0")
    await expect(emptied).rejects.toMatchObject({ code: '55P03' })
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(await rowsOf(exporter, items, 'table/public.t')).toBe(10)
    await postgresConnector.release?.(spec, exporter.view, signal)
    await exporter[Symbol.asyncDispose]()
    await sql(db, source.database, `DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  it('is not scanned further while its inventory is held back', async () => {
    await using source = await place(db, `${ten('a')} ${ten('b')}`)
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    const scans =
      "SELECT coalesce(sum(seq_scan), 0)::int AS n FROM pg_stat_user_tables WHERE relname IN ('a', 'b')"
    const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const asked = Array.fromAsync(exporter.inventory(signal, () => (held.resolve(), released.promise)))
    await held.promise
    expect((await sql(db, source.database, scans)).rows).toEqual([{ n: 0 }])
    released.resolve()
    const tables = (await asked).filter(({ kind }) => kind === 'table')
    expect(tables.map(({ count }) => count)).toEqual([10, 10])
    await postgresConnector.release?.(source.spec, exporter.view, signal)
  })

  it('does not come out without rows that were emptied once nobody held the tables any more', async () => {
    await using source = await place(db, ten('t'))
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const holder = "FROM pg_stat_activity WHERE application_name LIKE 'restitute view %'"
    await sql(db, source.database, `SELECT pg_terminate_backend(pid, 5000) ${holder}`)
    await sql(db, source.database, 'TRUNCATE t')
    await expect(rowsOf(exporter, items, 'table/public.t')).rejects.toMatchObject({
      code: 'source-view-lost',
    })
  })
})
