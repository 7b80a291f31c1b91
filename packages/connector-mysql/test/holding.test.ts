import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { heldByAll } from '../src/holding.ts'
import { mysqlConnector } from '../src/index.ts'
import { locationOf } from '../src/location.ts'
import { readTables } from '../src/schema.ts'
import { disposeAll, Session } from '../src/session.ts'
import { streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found') && availableParallelism() > 1
const { signal } = new AbortController()
const names = Array.from({ length: 9 }, (_, i) => `t${i}`)

describe.runIf(present)('sessions of one view, while somebody alters its tables', () => {
  let server: SqlServer
  beforeAll(async () => {
    server = await startMariadb()
    const made = names.map(
      (name) =>
        `CREATE TABLE ${name}(w VARCHAR(40) PRIMARY KEY) ENGINE=InnoDB; INSERT INTO ${name} SELECT MD5(seq) FROM seq_1_to_900;`,
    )
    await run(
      server,
      `CREATE DATABASE held; USE held; ${made.join('')} CREATE DATABASE alone; CREATE TABLE alone.t(a INT) ENGINE=InnoDB`,
    )
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  it('read each of them to its end, in one piece or in slices: he waits, and none of them waits behind him', async () => {
    await using exporter = await mysqlConnector.freeze(specOf(server, 'held'), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const altered = Promise.all(names.map((name) => run(server, `ALTER TABLE held.${name} ADD b INT`)))
    await sleep(500)
    for (const bytes of [1 << 26, 16 * 1024]) {
      const limits = { bytes, items: 100, partBytes: 1 << 20 }
      for await (const shard of exporter.shards(streamOf(items), limits)) {
        const own = streamOf(items.slice(shard.first - 1, shard.last))
        for await (const entry of exporter.read(shard, own, signal)) expect(entry).not.toHaveProperty('lost')
      }
    }
    await exporter[Symbol.asyncDispose]()
    await altered
  })

  it('tell when one of them came too late to hold what the first holds', async () => {
    const location = locationOf(specOf(server, 'alone'))
    const first = await Session.open(location, signal, 'alone')
    const other = await Session.open(location, signal, 'alone')
    for (const session of [first, other]) await session.begin(signal)
    const tables = await readTables(first, signal)
    expect(await heldByAll([first], tables, signal)).toBe(true)
    await first.run('SELECT 1 FROM t')
    const altered = run(server, 'ALTER TABLE alone.t ADD b INT')
    await sleep(300)
    expect(await heldByAll([first, other], tables, signal)).toBe(false)
    expect(await heldByAll([other, first], tables, signal)).toBe(false)
    await disposeAll([first, other])
    await altered
  })
})
