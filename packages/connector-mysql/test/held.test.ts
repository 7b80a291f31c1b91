import type { Exporter, Item } from '@restitute/core'
import { createConnection } from 'mysql2/promise'
import { afterAll, describe, expect, it } from 'vitest'
import { sqlServer } from '../../../test/services/mariadb.ts'
import { mysqlServers } from '../../../test/services/mysql.ts'
import { mysqlConnector } from '../src/index.ts'
import { streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

const mariadb = await sqlServer()
const servers = [...(mariadb ? [mariadb] : []), ...(await mysqlServers())]
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})
const { signal } = new AbortController()

const tables = `
  CREATE TABLE t(id INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9)) ENGINE=InnoDB;
  INSERT INTO t VALUES (1, 'A', 'B'), (2, 'A', 'B'), (3, 'A', 'B');
  CREATE TABLE ghost LIKE t; INSERT INTO ghost VALUES (1, 'A', 'B');
  CREATE TABLE p(id INT PRIMARY KEY) ENGINE=InnoDB PARTITION BY RANGE (id)
    (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (100));
  INSERT INTO p VALUES (1), (2), (11);
  CREATE TABLE other(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO other VALUES (3);`
const rows = { 'table/ghost': 1, 'table/other': 1, 'table/p': 3, 'table/t': 3 }

const countsOf = (items: readonly Item[]): unknown =>
  Object.fromEntries(
    items.filter(({ kind }) => kind === 'table').map(({ id, count, lost }) => [id, lost ?? count]),
  )

describe.each(servers)('the tables of a view', (server) => {
  let made = 0
  async function database(): Promise<string> {
    const name = `held_${made++}`
    await run(server, `CREATE DATABASE ${name}; USE ${name}; ${tables}`)
    return name
  }

  it.each([
    ['renamed, another one taking its place', 'RENAME TABLE t TO t_old, ghost TO t'],
    ['given other columns', "ALTER TABLE t RENAME COLUMN a TO x; ALTER TABLE t ADD a VARCHAR(9) DEFAULT '?'"],
    ['mixed up in its columns', 'ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a'],
    ['given the rows of another', 'ALTER TABLE p EXCHANGE PARTITION p0 WITH TABLE other'],
    ['rid of a partition', 'ALTER TABLE p DROP PARTITION p0'],
    ['emptied', 'TRUNCATE t'],
    ['dropped', 'DROP TABLE t'],
  ])('are held before anything of them is read: none is %s', async (_, change) => {
    const name = await database()
    await using exporter = await mysqlConnector.freeze(specOf(server, name), signal)
    const changed = run(server, `USE ${name}; SET lock_wait_timeout=1; ${change}`)
    await expect(changed).rejects.toMatchObject({ errno: 1205 })
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(countsOf(items)).toEqual(rows)
    expect(await textOf(exporter, items, 'table/t')).toBe('"id","a","b"\n1,"A","B"\n2,"A","B"\n3,"A","B"\n')
  })

  it('are those of a moment in which all of them were held, whatever became of them while they were being held', async () => {
    const name = await database()
    const { host, port, user, password } = server
    const first = await createConnection({ host, port, user, password, database: name })
    await first.query('CREATE TABLE a(id INT PRIMARY KEY) ENGINE=InnoDB')
    await first.query('LOCK TABLES a WRITE')
    const freezing = mysqlConnector.freeze(specOf(server, name), signal)
    const waits =
      "SELECT 1 FROM information_schema.PROCESSLIST WHERE state LIKE 'Waiting for table metadata lock'"
    while ((await run(server, waits)).length === 0);
    await run(server, `USE ${name}; RENAME TABLE t TO t_old, ghost TO t`)
    await first.query('UNLOCK TABLES')
    await first.end()
    await using exporter = await freezing
    const again = run(server, `USE ${name}; SET lock_wait_timeout=1; RENAME TABLE t TO ghost, t_old TO t`)
    await expect(again).rejects.toMatchObject({ errno: 1205 })
    const items = await Array.fromAsync(exporter.inventory(signal))
    const now = { 'table/a': 0, 'table/other': 1, 'table/p': 3, 'table/t': 1, 'table/t_old': 3 }
    expect(countsOf(items)).toEqual(now)
  })

  it('are let go for whoever came to alter one while they were being held, and held anew', async () => {
    const name = await database()
    const { host, port, user, password } = server
    const last = await createConnection({ host, port, user, password, database: name })
    await last.query('CREATE TABLE zz(id INT PRIMARY KEY) ENGINE=InnoDB')
    await last.query('LOCK TABLES zz WRITE')
    const waiting = async (): Promise<number> =>
      (
        await run(
          server,
          "SELECT 1 FROM information_schema.PROCESSLIST WHERE state LIKE 'Waiting for table metadata lock'",
        )
      ).length
    const freezing = mysqlConnector.freeze(specOf(server, name), signal)
    while ((await waiting()) < 1);
    const altered = run(server, `USE ${name}; ALTER TABLE t ADD c INT DEFAULT 7`)
    while ((await waiting()) < 2);
    await last.query('UNLOCK TABLES')
    await last.end()
    await using exporter = await freezing
    await altered
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(countsOf(items)).toEqual({ ...rows, 'table/zz': 0 })
    expect(await textOf(exporter, items, 'table/t')).toContain('1,"A","B",7\n')
  })

  it('are not read further while the inventory is held back', async () => {
    const name = await database()
    await using exporter = await mysqlConnector.freeze(specOf(server, name), signal)
    const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let passages = 0
    const passage = (): Promise<void> => {
      passages++
      held.resolve()
      return released.promise
    }
    const asked = Array.fromAsync(exporter.inventory(signal, passage))
    await held.promise
    // One for each session that reads at most, and nothing that they ask for meanwhile.
    const busy = `SELECT 1 FROM information_schema.PROCESSLIST WHERE db = '${name}' AND command = 'Query'`
    expect(await run(server, busy)).toEqual([])
    released.resolve()
    expect(countsOf(await asked)).toEqual(rows)
    expect(passages).toBe(4)
  })

  it('keep nobody from writing, and are let go with the view', async () => {
    const name = await database()
    {
      await using exporter = await mysqlConnector.freeze(specOf(server, name), signal)
      await run(
        server,
        `USE ${name}; SET lock_wait_timeout=1; INSERT INTO t VALUES (4, '', ''); DELETE FROM p`,
      )
      expect(countsOf(await Array.fromAsync(exporter.inventory(signal)))).toEqual(rows)
    }
    await run(server, `USE ${name}; SET lock_wait_timeout=1; DROP TABLE t`)
  })
})

async function textOf(exporter: Exporter, items: readonly Item[], id: string): Promise<string> {
  const own = items.filter((item) => item.id === id)
  const chunks: Uint8Array[] = []
  for await (const shard of exporter.shards(streamOf(own), {
    bytes: 1 << 30,
    items: 9,
    partBytes: 1 << 20,
  })) {
    for await (const entry of exporter.read(shard, streamOf(own), signal))
      if ('path' in entry && entry.path.endsWith('.csv'))
        for await (const chunk of entry.content()) chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks).toString()
}
