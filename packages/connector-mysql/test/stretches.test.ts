import { availableParallelism } from 'node:os'
import type { RestoredEntry } from '@restitute/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { locationOf } from '../src/location.ts'
import { RowSum } from '../src/row-sum.ts'
import { readTables, type Table } from '../src/schema.ts'
import { disposeAll, Session } from '../src/session.ts'
import { sumsOf, type TableSum } from '../src/sums.ts'
import { exported, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const several = availableParallelism() > 1 ? ['few'] : []
const { signal } = new AbortController()

describe.runIf(present)('stretches of a key', () => {
  let server: SqlServer
  beforeAll(async () => {
    server = await startMariadb()
    await run(
      server,
      `CREATE DATABASE stretched; USE stretched; CREATE TABLE heavy(id BIGINT PRIMARY KEY, t TEXT) ENGINE=InnoDB;
       INSERT INTO heavy SELECT seq, REPEAT('x', IF(seq < 9000, 1, 50)) FROM seq_1_to_30000; INSERT INTO heavy VALUES (60000000, 'y');
       CREATE DATABASE few; USE few; CREATE TABLE few(a INT, b INT, t CHAR(100), PRIMARY KEY (a, b)) ENGINE=InnoDB; INSERT INTO few SELECT seq % 4, seq, REPEAT('x', 100) FROM seq_1_to_3000; ANALYZE TABLE few`,
    )
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  async function heavy(): Promise<TableSum> {
    const open = () => Session.open(locationOf(specOf(server, 'stretched')), signal, 'stretched')
    const sessions = [await open(), await open()] as const
    const tables = await readTables(sessions[0], signal)
    const asLarge = tables.map((table): Table => ({ ...table, estimate: { rows: 1, bytes: 2 ** 31 } }))
    const sum = (await sumsOf(sessions, asLarge, signal)).get('heavy')
    await disposeAll(sessions)
    if (!sum || 'lost' in sum) throw new Error('not read')
    return sum
  }

  it('come in their order, whoever was done first: a slice is what lies between two that follow one another', async () => {
    const { stretches } = await heavy()
    expect(stretches.map(({ number }) => number)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1))
  })

  it('tell how many rows and bytes were read in each, not what they come to on average', async () => {
    const { rows, stretches } = await heavy()
    expect(stretches[0]).toMatchObject({ rows: 30_000, bytes: rows.bytes - 1 })
    expect(stretches.at(-1)).toMatchObject({ rows: 1, bytes: 1 })
  })

  it('have no digest together where one had a row without', () => {
    const [all, one] = [new RowSum(), new RowSum()]
    one.add(Buffer.alloc(65, 0), 1)
    all.include(one)
    expect(() => all.digest('')).toThrow('a row is longer than the max_allowed_packet')
  })

  it.each(several)(
    'a table of %s values in its first column is cut at each of them, and no volume has two',
    async (name) => {
      await using exporter = await mysqlConnector.freeze(specOf(server, name), signal)
      const items = await Array.fromAsync(exporter.inventory(signal))
      const own = items.filter(({ kind }) => kind === 'table')
      const limits = { bytes: 64 * 1024, items: 100, partBytes: 1 << 20 }
      const shards = await Array.fromAsync(exporter.shards(streamOf(own), limits))
      expect(shards.length).toBeGreaterThanOrEqual(4)
      expect(shards.filter(({ slice }) => slice?.['beside'] !== undefined)).toEqual([])
      const carried = await exported(mysqlConnector, specOf(server, name), limits.bytes)
      expect(await restored(mysqlConnector, specOf(server, 'few_back'), carried)).toEqual([])
    },
  )

  it.each(several)(
    'a table read by two sessions makes no larger volumes, and each slice says how many there are',
    async () => {
      const bytes = 256 * 1024
      const { entries, items } = await exported(mysqlConnector, specOf(server, 'stretched'), bytes)
      const texts = entries.filter(({ path }) => /slice-\d+\/load\.sql$/.test(path)).map(textOf)
      const heads = (await Promise.all(texts)).map((text) => text.split('\n', 1).join('')).toSorted()
      const total = items.find(({ id }) => id === 'table/heavy')?.bytes ?? 0
      expect(heads.length).toBeGreaterThanOrEqual(Math.floor((2 * total) / bytes))
      const expected = heads.map((_, i) => `-- slice ${i + 1} of ${heads.length}`)
      expect(heads).toEqual(expected.toSorted())
    },
  )
})

async function textOf(entry: RestoredEntry): Promise<string> {
  return Buffer.concat(await Array.fromAsync(entry.content())).toString()
}
