import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Difference, SourceSpec } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { bagOf, rebuiltByClient } from './bag.ts'
import { type Carried, exported, knownOf, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()
const fill = `CREATE TABLE t(a INT, b TEXT) ENGINE=MyISAM; INSERT INTO t VALUES (1, 'x'), (2, REPEAT('y', 500)); CREATE TABLE kept(c INT); INSERT INTO kept VALUES (3);
  CREATE VIEW z AS SELECT a FROM t; CREATE VIEW a_over AS SELECT a FROM z; CREATE VIEW fine AS SELECT c FROM kept;
  CREATE TRIGGER on_kept BEFORE INSERT ON kept FOR EACH ROW SET NEW.c = 1; CREATE TRIGGER on_t BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
  CREATE USER clerk; GRANT SELECT ON t TO clerk; GRANT SELECT ON kept TO clerk`
const needing = [
  { item: 'trigger/on_t', lost: 'it needs table/t, which is lost' },
  { item: 'view/a_over', lost: 'it needs view/z, which is lost' },
  { item: 'view/z', lost: 'it needs table/t, which is lost' },
]

describe.runIf(present)('what needs a table that is lost', () => {
  let source: SqlServer
  let target: SqlServer
  const asking = (database: string): SourceSpec => {
    const spec = specOf(target, database)
    return { ...spec, url: `${spec.url}?accounts=restore` }
  }
  const byClient = async (carried: Carried, database: string): Promise<Difference[]> => {
    const lost = new Set(carried.losses.map(({ item }) => item))
    return (await rebuiltByClient(carried, target, database)).filter(({ item }) => !lost.has(item))
  }

  /** The same where files are not there that are named before it is known: the client fails, once the rest is loaded. */
  const byFailingClient = async (carried: Carried, database: string): Promise<Difference[]> => {
    await using bag = await bagOf(carried)
    await run(target, `CREATE DATABASE ${database}`)
    const leftOut = /^tables\/t: not here, left out$[^]*^loaded, but not whole/m
    expect(() => bag.load(target, database)).toThrow(leftOut)
    expect(await run(target, 'SELECT * FROM t', database)).toEqual([])
    const lost = new Set(carried.losses.map(({ item }) => item))
    const all = mysqlConnector.compare(specOf(target, database), streamOf(knownOf(carried)), signal)
    return (await Array.fromAsync(all)).filter(({ item }) => !lost.has(item))
  }

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('is lost with it, rights too, and the rest is rebuilt: its rows cannot be read', async () => {
    await run(source, 'CREATE DATABASE torn')
    await run(source, `${fill}; FLUSH TABLES`, 'torn')
    const [[data] = []] = await run(source, 'SELECT @@datadir')
    await truncate(join(String(data), 'torn', 't.MYD'), 5)
    const carried = await exported(mysqlConnector, { ...specOf(source, 'torn'), quiesced: true })
    const unreadable = { item: 'table/t', lost: expect.stringContaining('unreadable') as string }
    expect(carried.losses).toEqual([unreadable, ...needing])
    expect(carried.entries.flatMap(({ path }) => path.match(/lost\/.*/) ?? [])).toEqual([
      'lost/table-t.sql',
      'lost/trigger-0001-on_t.sql',
      'lost/view-a_over.sql',
      'lost/view-z.sql',
    ])
    expect(await restored(mysqlConnector, asking('torn'), carried)).toEqual([])
    expect(await byClient(carried, 'torn_by_client')).toEqual([])
  })

  it('is lost with it, and the rest is rebuilt: its rows change while they are read', async () => {
    await run(source, 'CREATE DATABASE moving; DROP USER IF EXISTS clerk')
    await run(source, fill.replace(/CREATE USER.*/, 'DO 1'), 'moving')
    await using exporter = await mysqlConnector.freeze(specOf(source, 'moving'), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    await run(source, "INSERT INTO t VALUES (3, 'z')", 'moving')
    const carried = await exported(
      { ...mysqlConnector, freeze: async () => ({ ...bound(exporter), inventory: () => streamOf(items) }) },
      specOf(source, 'moving'),
    )
    const changed = { item: 'table/t', lost: expect.stringContaining('not those of the inventory') as string }
    expect(carried.losses).toEqual([changed, ...needing])
    expect(await restored(mysqlConnector, specOf(target, 'moving'), carried)).toEqual([])
    expect(await byFailingClient(carried, 'moving_by_client')).toEqual([])
  })

  it('is lost with it, and the rest is rebuilt: one slice of it cannot be read', async () => {
    await run(
      source,
      `CREATE DATABASE sliced; USE sliced; CREATE TABLE sliced.t(id INT PRIMARY KEY, b TEXT); INSERT INTO sliced.t SELECT seq, REPEAT('x', 80) FROM seq_1_to_2000;
       CREATE TABLE sliced.kept(c INT); INSERT INTO sliced.kept VALUES (3); ANALYZE TABLE sliced.t;
       CREATE USER hasty IDENTIFIED BY 'h'; GRANT SELECT ON sliced.t TO hasty; GRANT SELECT ON sliced.kept TO hasty`,
    )
    const spec = specOf({ ...source, user: 'hasty', password: 'h' }, 'sliced')
    await using exporter = await mysqlConnector.freeze(spec, signal)
    const read = async function* (...args: Parameters<Exporting['read']>): ReturnType<Exporting['read']> {
      if (args[0].slice?.['number'] === 3) await run(source, 'REVOKE SELECT ON sliced.t FROM hasty')
      yield* exporter.read(...args)
    }
    const carried = await exported(
      { ...mysqlConnector, freeze: async () => ({ ...bound(exporter), read }) },
      spec,
      32 * 1024,
    )
    expect(carried.losses.filter(({ item }) => item === 'table/t').length).toBeGreaterThan(1)
    expect(carried.entries.some(({ path }) => path.includes('slice-000002/load.sql'))).toBe(true)
    expect(await byFailingClient(carried, 'sliced_by_client')).toEqual([])
  })
})

type Exporting = Awaited<ReturnType<typeof mysqlConnector.freeze>>

function bound(exporter: Exporting): Exporting {
  return {
    view: exporter.view,
    inventory: (...args) => exporter.inventory(...args),
    shards: (...args) => exporter.shards(...args),
    read: (...args) => exporter.read(...args),
    [Symbol.asyncDispose]: async () => {},
  }
}
