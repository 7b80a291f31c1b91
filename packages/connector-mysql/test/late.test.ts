import { afterAll, describe, expect, it } from 'vitest'
import { sqlServer } from '../../../test/services/mariadb.ts'
import { mysqlServers } from '../../../test/services/mysql.ts'
import { mysqlConnector } from '../src/index.ts'
import { run, specOf } from './support.ts'

const mariadb = await sqlServer()
const servers = [...(mariadb ? [mariadb] : []), ...(await mysqlServers())]
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})
const { signal } = new AbortController()

describe.each(servers)('the destruction of a database', (server) => {
  it.each([
    ['inserted', 'INSERT INTO t VALUES (2)'],
    ['deleted', 'DELETE FROM t'],
    ['altered', 'ALTER TABLE t ADD b INT'],
    ['made', 'CREATE TABLE u(a INT) ENGINE=InnoDB'],
    ['wrote', 'INSERT INTO parted VALUES (2)'],
  ])(
    'is not begun where somebody %s something since it was opened; it is begun anew after that',
    async (name, late) => {
      const there = `SHOW DATABASES LIKE 'late\\_${name}'`
      await run(
        server,
        `CREATE DATABASE late_${name}; USE late_${name}; CREATE TABLE t(a INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO t VALUES (1);
       CREATE TABLE parted(a INT PRIMARY KEY) ENGINE=InnoDB PARTITION BY HASH(a) PARTITIONS 3; INSERT INTO parted VALUES (1)`,
      )
      {
        await using destroyer = await mysqlConnector.destroyer(specOf(server, `late_${name}`), signal)
        await run(server, `SELECT SLEEP(1.1); USE late_${name}; ${late}`)
        await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
          code: 'destroy-failed',
          message: expect.stringContaining('somebody wrote to it'),
          details: { untouched: true },
        })
      }
      expect(await run(server, there)).toHaveLength(1)
      await run(server, `SELECT SLEEP(1.1)`)
      await using again = await mysqlConnector.destroyer(specOf(server, `late_${name}`), signal)
      await run(server, `SELECT COUNT(*) FROM late_${name}.t`)
      expect(await Array.fromAsync(again.destroy(signal))).toHaveLength(1)
      expect(await run(server, there)).toEqual([])
    },
  )
})
