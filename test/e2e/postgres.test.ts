import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import {
  type ExportedPackage,
  openSeries,
  type Restoration,
  restoreSource,
} from '../../packages/run/src/index.ts'
import { startPostgres } from '../services/postgres.ts'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'

const server = await startPostgres('system')
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }
const { signal } = new AbortController()
afterAll(() => server?.[Symbol.asyncDispose]())

const bank = `CREATE TABLE account(id integer PRIMARY KEY, balance bigint NOT NULL);
  CREATE TABLE entry(id bigint GENERATED ALWAYS AS IDENTITY, account integer, amount bigint);
  CREATE TABLE ballast(id integer PRIMARY KEY, filler text);
  INSERT INTO account SELECT i, 0 FROM generate_series(1, 100) i;
  INSERT INTO ballast SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 8000) i`
// In every single moment the entries of an account come to its balance.
const invariant = `SELECT count(*)::int AS broken FROM account a
  WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM entry e WHERE e.account = a.id)`

describe.skipIf(!server)('a PostgreSQL database', () => {
  const db = server as NonNullable<typeof server>
  const urlOf = (database: string): string => `postgres://${db.user}@${db.host}:${db.port}/${database}`
  const newName = (): string => `e2e_${randomBytes(4).toString('hex')}`

  async function sql(database: string, text: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ host: db.host, port: db.port, user: db.user, database })
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }

  async function newDatabase(): Promise<string> {
    const name = newName()
    await sql('postgres', `CREATE DATABASE ${name}`)
    await sql(name, bank)
    return name
  }

  async function restore(packages: readonly ExportedPackage[], database: string): Promise<Restoration> {
    const opened = packages.map(({ url }) => openPackage(directoryDestination(url.replace('directory:', ''))))
    await using series = await openSeries(await Promise.all(opened), opener, signal)
    const target = { name: 'lab', url: urlOf(database) }
    const connector = await connectorOf(target.url)
    return await restoreSource({ series, source: 'lab', target, connector, compare: true, opener, signal })
  }

  it('is one single moment while others write, is delivered in two passes, and comes back equal', async () => {
    await using folder = await temporaryFolder()
    const name = await newDatabase()
    const sources = [{ name: 'lab', url: urlOf(name) }]
    const stop = new AbortController()
    const writer = (async () => {
      for (let i = 0; !stop.signal.aborted; i++) {
        const [account, amount] = [1 + (i % 100), 1 + (i % 7)]
        await sql(
          name,
          `INSERT INTO entry(account, amount) VALUES (${account}, ${amount}); UPDATE account SET balance = balance + ${amount} WHERE id = ${account}`,
        )
      }
    })()
    const first = await exportFrom(folder.path, keys, sources)
    stop.abort()
    await writer
    const second = await exportFrom(folder.path, keys, sources, { base: 'R1-0001', sequence: 2 })
    expect(second.manifest.sources[0]?.totals.unchanged.items).toBeGreaterThan(3)
    const [early, late] = [newName(), newName()]
    expect((await restore([first], early)).comparison).toMatchObject({ different: 0 })
    expect((await restore([first, second], late)).comparison).toMatchObject({ different: 0 })
    for (const restored of [early, late])
      expect((await sql(restored, invariant)).rows).toEqual([{ broken: 0 }])
    expect(
      (await sql('postgres', "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'restitute%'")).rows,
    ).toEqual([])
  })

  it('goes on in the same view after an interruption, whatever was written meanwhile', async () => {
    await using folder = await temporaryFolder()
    const name = await newDatabase()
    const sources = [{ name: 'lab', url: urlOf(name) }]
    const stop = new AbortController()
    const progress = ({ task, doneBytes }: { task: string; doneBytes?: number }): void => {
      if (task === 'export' && (doneBytes ?? 0) > 700_000) stop.abort()
    }
    await expect(
      exportFrom(folder.path, keys, sources, { signal: stop.signal, progress }),
    ).rejects.toMatchObject({ code: 'interrupted' })
    await sql(name, 'UPDATE account SET balance = 1; DELETE FROM ballast WHERE id % 2 = 0')
    const done = await exportFrom(folder.path, keys, sources)
    expect(done.volumes.reused).toBeGreaterThan(0)
    expect(done.manifest.sources[0]?.view).toMatchObject({
      consistency: 'snapshot',
      point: expect.not.stringContaining('continued'),
    })
    const target = newName()
    await restore([done], target)
    expect(
      (
        (await sql(
          target,
          `${invariant}; SELECT count(*)::int AS n FROM ballast`,
        )) as unknown as pg.QueryResult[]
      ).map(({ rows }) => rows[0]),
    ).toEqual([{ broken: 0 }, { n: 8000 }])
  })

  it('is equal but for what is stated as lost, and whole once a later package brings it', async () => {
    await using folder = await temporaryFolder()
    const [name, reader] = [await newDatabase(), newName()]
    await sql(
      name,
      `CREATE ROLE ${reader} LOGIN IN ROLE pg_read_all_data; ALTER TABLE account ENABLE ROW LEVEL SECURITY;
       INSERT INTO entry(account, amount) VALUES (1, 0); ALTER TABLE entry ADD FOREIGN KEY (account) REFERENCES account`,
    )
    const sources = [{ name: 'lab', url: urlOf(name).replace(`${db.user}@`, `${reader}@`) }]
    const first = await exportFrom(folder.path, keys, sources)
    expect(await restore([first], newName())).toMatchObject({ leftOut: 2, comparison: { different: 0 } })
    await sql(name, 'ALTER TABLE account DISABLE ROW LEVEL SECURITY')
    const second = await exportFrom(folder.path, keys, sources, { base: 'R1-0001', sequence: 2 })
    const whole = newName()
    expect(await restore([first, second], whole)).toMatchObject({ leftOut: 0, comparison: { different: 0 } })
    expect((await sql(whole, invariant)).rows).toEqual([{ broken: 0 }])
  })

  it('starts again when its server was started anew and something has changed: never two views in one', async () => {
    await using folder = await temporaryFolder()
    const name = await newDatabase()
    const sources = [{ name: 'lab', url: urlOf(name) }]
    const stop = new AbortController()
    const progress = ({ task, doneBytes }: { task: string; doneBytes?: number }): void => {
      if (task === 'export' && (doneBytes ?? 0) > 700_000) stop.abort()
    }
    await expect(
      exportFrom(folder.path, keys, sources, { signal: stop.signal, progress }),
    ).rejects.toMatchObject({ code: 'interrupted' })
    await db.restart?.()
    await sql(name, 'DELETE FROM ballast WHERE id % 2 = 0')
    const done = await exportFrom(folder.path, keys, sources)
    expect(done.volumes.reused).toBe(0)
    const target = newName()
    expect((await restore([done], target)).comparison).toMatchObject({ different: 0 })
    expect((await sql(target, 'SELECT count(*)::int AS n FROM ballast')).rows).toEqual([{ n: 4000 }])
  })
})
