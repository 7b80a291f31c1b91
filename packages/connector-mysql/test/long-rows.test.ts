import type { Exporter } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { type SqlServer, sqlServer } from '../../../test/services/mariadb.ts'
import { mysqlServers } from '../../../test/services/mysql.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

const mariadb = await sqlServer()
const servers = [...(mariadb ? [mariadb] : []), ...(await mysqlServers())]
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})
const { signal } = new AbortController()

// Parts in these tests are of 1 MiB, rows above 2 MiB long, and pieces of 3 MiB. Lengths that no piece of base64 divides, quotes and characters of several bytes at any place.
const text = String.raw`REPEAT(CONCAT('"é\\', CHAR(10), '"", NULL'), 250001)`
const rows = [
  `1, 'short', 'short', '{"a": "b"}', 1.5, b'101', 'a"', '2026-01-02 03:04:05.678'`,
  `2, REPEAT(x'00ff22', 900001), NULL, NULL, NULL, NULL, 'a"', NULL`,
  `3, NULL, ${text}, NULL, 0.1, b'0', 'b', '1970-01-01 00:00:01'`,
  `4, '', '', '[]', NULL, NULL, NULL, NULL`,
  `5, REPEAT('x', 700000), ${text}, JSON_OBJECT('k', REPEAT('"\\u00e9', 400000)), -1, b'1', 'b', '2026-01-02'`,
  `6, 'last', 'last', NULL, NULL, NULL, NULL, NULL`,
]
const columns = `b LONGBLOB, t LONGTEXT, j JSON, f FLOAT, bits BIT(3), e ENUM('a"', 'b'), d DATETIME(3)`
/** Keys of every form that can be written in SQL, and two that cannot, or should not. */
const keys = [
  ['whole', 'id INT PRIMARY KEY', '?'],
  ['latin', 'id VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY', `CONCAT('é"''\\\\', ?)`],
  ['bytes', 'id VARBINARY(20) PRIMARY KEY', `CONCAT(x'00ff', ?)`],
  [
    'both',
    'id DATETIME(3), k DECIMAL(20,3) DEFAULT -1.5, PRIMARY KEY (id, k)',
    `'2026-01-02' + INTERVAL ? DAY`,
  ],
  ['approximate', 'id FLOAT PRIMARY KEY', '? / 3'],
  ['beginning', 'id LONGTEXT, PRIMARY KEY (id(5))', `CONCAT(?, REPEAT('k', 3000000))`],
] as const

describe.each(servers)('rows longer than a part', (server) => {
  it.each(keys)('are files of their own, and come back equal: a key of %s', async (name, key, value) => {
    await run(
      server,
      `SET NAMES utf8mb4; CREATE DATABASE long_${name} CHARACTER SET utf8mb4; USE long_${name};
       CREATE TABLE scans(${key}, ${columns}) ENGINE=InnoDB;
       ${rows.map((row) => `INSERT INTO scans(id, b, t, j, f, bits, e, d) VALUES (${row.replace(/^\d/, (i) => value.replace('?', i))});`).join('\n')}`,
    )
    const carried = await exported(mysqlConnector, specOf(server, `long_${name}`), 2 ** 30)
    expect(carried.losses).toEqual([])
    const sizes = carried.entries.filter(({ path }) => path.endsWith('.csv')).map(({ size }) => size)
    expect(sizes.length).toBe(name === 'beginning' ? 6 : 4)
    expect(sizes.filter((size) => size > 2 << 20)).toHaveLength(name === 'beginning' ? 6 : 3)
    expect(await restored(mysqlConnector, specOf(server, `long_${name}_back`), carried)).toEqual([])
    expect(await rebuiltByClient(carried, server, `long_${name}_client`)).toEqual([])
  })

  it('come in pieces that join, whatever their bytes, their character set and their type', async () => {
    const line = "CONCAT('LINESTRING(', REPEAT('1.5 2.5,', 300000), '0 0)')"
    await run(
      server,
      `SET NAMES utf8mb4; CREATE DATABASE pieces; USE pieces;
       CREATE TABLE one(id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT CHARACTER SET utf8mb4, l LONGTEXT CHARACTER SET latin1, u LONGTEXT CHARACTER SET ucs2, g GEOMETRY) ENGINE=InnoDB;
       INSERT INTO one VALUES (1, CONCAT(REPEAT('0123456789abcdef"', 500000), '!'), REPEAT('é"', 2200001), REPEAT(_utf8mb4'é"', 700000), REPEAT(_utf8mb4'é"', 700000), ST_GeomFromText(${line})), (2, 'x', 'x', 'x', 'x', NULL)`,
    )
    const carried = await exported(mysqlConnector, specOf(server, 'pieces'), 2 ** 30)
    expect(carried.losses).toEqual([])
    expect(carried.entries.filter(({ path }) => path.endsWith('.csv'))).toHaveLength(2)
    expect(await restored(mysqlConnector, specOf(server, 'pieces_back'), carried)).toEqual([])
  })

  it.each([
    ['killed', 'source-view-lost', (_stop: AbortController) => killReaders(server)],
    ['interrupted', 'interrupted', async (stop: AbortController) => stop.abort()],
  ])(
    'whose session is %s in the middle of one are not read on, and none is left',
    async (how, code, then) => {
      const name = `cut_${how}`
      await run(
        server,
        `CREATE DATABASE ${name}; USE ${name}; CREATE TABLE t(id INT PRIMARY KEY, b LONGBLOB, c LONGBLOB) ENGINE=InnoDB; INSERT INTO t VALUES (1, REPEAT('b', 8000000), REPEAT('c', 8000000))`,
      )
      const exporter = await mysqlConnector.freeze(specOf(server, name), signal)
      const stop = new AbortController()
      await expect(readLong(exporter, () => then(stop), stop.signal)).rejects.toMatchObject({ code })
      await exporter[Symbol.asyncDispose]()
      await expect.poll(() => readersOf(server)).toEqual([])
    },
  )
})

/** Reads the row of `t`; does something once the first of its large values has come. */
async function readLong(exporter: Exporter, then: () => Promise<void>, asked: AbortSignal): Promise<void> {
  const items = await Array.fromAsync(exporter.inventory(signal))
  const at = items.findIndex(({ id }) => id === 'table/t') + 1
  const shard = { id: '000001', first: at, last: at, bytes: 0, slice: { partBytes: 1 << 20 } }
  for await (const entry of exporter.read(shard, streamOf(items.slice(at - 1, at)), asked)) {
    if ('lost' in entry) throw new Error(entry.lost)
    let chunks = 0
    for await (const _ of entry.content()) if (++chunks === 2) await then()
  }
}

async function readersOf(server: SqlServer): Promise<string[]> {
  const rows = await run(
    server,
    "SELECT id FROM information_schema.PROCESSLIST WHERE db LIKE 'cut\\_%' AND command <> 'Killed'",
  )
  return rows.map(String)
}

async function killReaders(server: SqlServer): Promise<void> {
  for (const id of await readersOf(server)) await run(server, `KILL ${Number(id)}`)
}
