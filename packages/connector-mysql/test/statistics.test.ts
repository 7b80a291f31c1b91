import type { Connector } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { sqlServer } from '../../../test/services/mariadb.ts'
import { mysqlServers } from '../../../test/services/mysql.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'

const mariadb = await sqlServer()
const servers = [...(mariadb ? [mariadb] : []), ...(await mysqlServers())]
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})

// A volume holds less than 4 GiB, whatever comes.
describe.each(servers)('a table that the statistics of its server take for empty', (server) => {
  it('is cut where it is too large for one shard', async () => {
    await run(
      server,
      `CREATE DATABASE counted; USE counted; CREATE TABLE t(id INT AUTO_INCREMENT PRIMARY KEY, x INT, b LONGTEXT, j JSON, g GEOMETRY NOT NULL) ENGINE=InnoDB STATS_PERSISTENT=1 STATS_AUTO_RECALC=0; ANALYZE TABLE t;
       INSERT INTO t(x, b, j, g) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, REPEAT('x', 1000), NULLIF('{"a": 1}', IF(i > 9, '', '{"a": 1}')), POINT(i, i) FROM n`,
    )
    const told = "SELECT DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'counted'"
    expect((await run(server, told)).map(String)).toEqual(['16384'])
    const carried = await exported(mysqlConnector, specOf(server, 'counted'), 64 * 1024)
    expect(carried.items.find(({ id }) => id === 'table/t')?.bytes).toBeGreaterThan(500 * 1000)
    const slices = carried.entries.filter(({ path }) => /\/slice-\d+\/load\.sql$/.test(path))
    expect(slices.length).toBeGreaterThan(7)
    const sizes = carried.entries.filter(({ path }) => path.endsWith('.csv')).map(({ size }) => size)
    expect(Math.max(...sizes)).toBeLessThan(128 * 1024)
    expect(await restored(mysqlConnector, specOf(server, 'counted_back'), carried)).toEqual([])
  })
})

/** As if each table were 16 384 times as large. */
const large: Connector = {
  ...mysqlConnector,
  async freeze(spec, signal) {
    const exporter = await mysqlConnector.freeze(spec, signal)
    return {
      view: exporter.view,
      async *inventory(asked) {
        for await (const item of exporter.inventory(asked))
          yield item.kind === 'table' ? { ...item, bytes: item.bytes * 2 ** 14 } : item
      },
      shards: (...args) => exporter.shards(...args),
      read: (...args) => exporter.read(...args),
      [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
    }
  },
}

describe.each(servers)('a table that no volume could hold', (server) => {
  it('is cut, and comes back equal, where no key serves for it: none, one of few values, history', async () => {
    const filler = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT 7, i, REPEAT('x', 1000) FROM n`
    const versioned = server === mariadb ? 'WITH SYSTEM VERSIONING' : ''
    await run(
      server,
      `CREATE DATABASE keyless; USE keyless; CREATE TABLE none(a INT, b INT, c LONGTEXT) ENGINE=InnoDB; INSERT INTO none ${filler}; INSERT INTO none ${filler};
       CREATE TABLE few(a INT, b INT, c LONGTEXT, PRIMARY KEY (a, b)) ENGINE=InnoDB; INSERT INTO few ${filler};
       CREATE TABLE was(a INT, b INT PRIMARY KEY, c LONGTEXT) ENGINE=InnoDB ${versioned}; INSERT INTO was ${filler}; UPDATE was SET a = 8`,
    )
    const carried = await exported(large, specOf(server, 'keyless'), 2 ** 30)
    const sizes = carried.entries.filter(({ path }) => path.endsWith('.csv')).map(({ size }) => size)
    expect(Math.max(...sizes)).toBeLessThan(256 * 1024)
    expect(await restored(mysqlConnector, specOf(server, 'keyless_back'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, server, 'keyless_by_client')).toEqual([])
  })
})
