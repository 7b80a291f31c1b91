import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exporter, Item, Shard } from '@restitute/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { eventually } from '../../../test/support/wait.ts'
import { mysqlConnector } from '../src/index.ts'
import { joined } from '../src/key-slices.ts'
import { locationOf } from '../src/location.ts'
import { readTables, type Table } from '../src/schema.ts'
import { disposeAll, Session } from '../src/session.ts'
import { whereOf } from '../src/slices.ts'
import { type Summed, sumsOf } from '../src/sums.ts'
import { streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const several = availableParallelism() > 1
const { signal } = new AbortController()
const limits = { bytes: 16 * 1024, items: 100, partBytes: 1 << 20 }

const keys = `
  CREATE DATABASE cut; USE cut;
  CREATE TABLE steady(id BIGINT PRIMARY KEY, d DOUBLE) ENGINE=InnoDB; INSERT INTO steady SELECT seq, seq * 0.37 FROM seq_1_to_5000;
  CREATE TABLE ends(id BIGINT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO ends VALUES (-9223372036854775808), (-1), (0), (9223372036854775807);
  CREATE TABLE high(id BIGINT UNSIGNED PRIMARY KEY) ENGINE=InnoDB; INSERT INTO high VALUES (0), (18446744073709551615), (9223372036854775808);
  CREATE TABLE padded(id INT ZEROFILL PRIMARY KEY) ENGINE=InnoDB; INSERT INTO padded SELECT seq * 1000 FROM seq_1_to_900;
  CREATE TABLE pairs(a INT, b INT, PRIMARY KEY (a, b)) ENGINE=InnoDB; INSERT INTO pairs SELECT seq % 7, seq FROM seq_1_to_3000;
  CREATE TABLE words(w VARCHAR(40) PRIMARY KEY) ENGINE=InnoDB; INSERT INTO words SELECT MD5(seq) FROM seq_1_to_3000;
  CREATE TABLE keyless(a INT) ENGINE=InnoDB; INSERT INTO keyless SELECT seq % 3 FROM seq_1_to_3000;
  CREATE TABLE one(id TINYINT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO one VALUES (-128);
  CREATE TABLE none(id INT PRIMARY KEY) ENGINE=InnoDB;
  CREATE TABLE \`odd \`\` name\`(\`odd, \`\` key\` MEDIUMINT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO \`odd \`\` name\` VALUES (-5), (7);
  CREATE TABLE kept(id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO kept VALUES (1, 1); UPDATE kept SET v = 2;
  CREATE TABLE aria(id INT PRIMARY KEY) ENGINE=Aria; INSERT INTO aria VALUES (1), (2)`

describe.runIf(present)('several sessions', () => {
  let server: SqlServer
  beforeAll(async () => {
    server = await startMariadb()
    await run(server, keys)
    await run(
      server,
      `CREATE USER plain IDENTIFIED BY 'p'; GRANT SELECT ON cut.* TO plain;
       CREATE USER locking IDENTIFIED BY 'p'; GRANT SELECT ON cut.* TO locking; GRANT RELOAD ON *.* TO locking`,
    )
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  const as = (user: string) => specOf({ ...server, user, password: 'p' }, 'cut')
  const openNow = async (user: string): Promise<number> =>
    (await run(server, `SELECT 1 FROM information_schema.PROCESSLIST WHERE user = '${user}'`)).length

  const untilLogged = async (statement: string): Promise<void> => {
    const logged = `SELECT 1 FROM mysql.general_log WHERE argument LIKE '${statement}' LIMIT 1`
    for (let i = 0; i < 100; i++) {
      if ((await run(server, logged)).length > 0) return
      await sleep(50)
    }
    throw new Error(`nobody asked ${statement}`)
  }

  it('sum a table to the same, cut into stretches of its key or not, whatever the key', async () => {
    const location = locationOf(specOf(server, 'cut'))
    const sessions = [
      await Session.open(location, signal, 'cut'),
      await Session.open(location, signal, 'cut'),
    ] as const
    const tables = await readTables(sessions[0], signal)
    const asLarge = tables.map((table): Table => ({ ...table, estimate: { rows: 1, bytes: 2 ** 33 } }))
    const whole = numbers(await sumsOf([sessions[0]], asLarge, signal))
    expect(numbers(await sumsOf(sessions, asLarge, signal))).toEqual(whole)
    expect(whole).toMatchObject({
      steady: { count: 5000 },
      ends: { count: 4 },
      high: { count: 3 },
      none: { count: 0 },
    })
    await disposeAll(sessions)
  })

  it('leave none behind that could not be made ready: an account that may ask no more is told so, and the program ends', async () => {
    await run(server, "CREATE USER few IDENTIFIED BY 'p' WITH MAX_QUERIES_PER_HOUR 2")
    const error = await Session.open(locationOf(as('few')), signal).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'source-unreachable', hint: expect.stringContaining('in an hour') })
    await eventually(async () => ((await openNow('few')) === 0 ? true : undefined))
  })

  it('cut a table by what they read in each stretch of its key, however its rows lie, and read nothing for that', async () => {
    const location = locationOf(specOf(server, 'cut'))
    await run(
      server,
      'USE cut; CREATE TABLE clustered(id BIGINT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO clustered SELECT seq + IF(seq > 2500, 20000, 0) FROM seq_1_to_5000',
    )
    await using session = await Session.open(location, signal, 'cut')
    const tables = (await readTables(session, signal)).filter(({ name }) => name === 'clustered')
    const asLarge = tables.map((table): Table => ({ ...table, estimate: { rows: 1, bytes: 2 ** 33 } }))
    const sum = (await sumsOf([session], asLarge, signal)).get('clustered')
    const stretches = sum && 'stretches' in sum ? sum.stretches : []
    expect(stretches.map(({ number }) => number)).toEqual(stretches.map((_, i) => i + 1))
    const [table] = tables
    expect(table).toBeDefined()
    if (!table) return
    const counts = async (share: number): Promise<number[]> => {
      const counting = joined(stretches, share).map((slice) =>
        session.texts(`SELECT COUNT(*) FROM clustered${whereOf(table, slice)}`, signal),
      )
      return (await Promise.all(counting)).map((rows) => Number(rows[0]?.[0]))
    }
    const found = await counts(0.3)
    expect(found.reduce((sum, count) => sum + count, 0)).toBe(5000)
    expect(Math.max(...found)).toBeLessThanOrEqual(1500)
    expect(found.length).toBeLessThan(8)
    expect(joined(stretches, 1)).toEqual([])
    expect(joined(stretches, 0.0001)).toEqual([])
  })

  it.runIf(several)(
    'share the moment where the account may hold back commits, and the view says so',
    async () => {
      await using exporter = await mysqlConnector.freeze(as('locking'), signal)
      expect(exporter.view.point).toMatch(/, in [234] sessions \(BACKUP STAGE BLOCK_COMMIT\)$/)
      // Writers are held no longer than until all have begun.
      await run(server, 'INSERT INTO cut.steady VALUES (-1, 0)')
      const items = await Array.fromAsync(exporter.inventory(signal))
      expect(items.find(({ id }) => id === 'table/steady')?.count).toBe(5000)
      expect(await openNow('locking')).toBe(2)
      await run(server, 'DELETE FROM cut.steady WHERE id < 0')
    },
  )

  it.runIf(several)('read a large table in turn; one alone reads what was cut for two', async () => {
    await using exporter = await mysqlConnector.freeze(as('locking'), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const steady = items.filter(({ id }) => id === 'table/steady')
    const shards = await Array.fromAsync(exporter.shards(streamOf(steady), limits))
    expect(shards.length).toBeGreaterThan(3)
    const byTwo = await rowsIn(exporter, shards, steady)
    expect(byTwo.flatMap(({ slices }) => slices).length).toBeGreaterThan(shards.length)
    expect(byTwo[0]?.slices.toSorted()).toEqual(['1', '2'])
    await using alone = await mysqlConnector.freeze(as('plain'), signal)
    const sorted = (found: typeof byTwo) =>
      found.map(({ slices, ids }) => [slices.toSorted(), ids.toSorted((a, b) => a - b)])
    expect(sorted(await rowsIn(alone, shards, steady))).toEqual(sorted(byTwo))
    expect(byTwo.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 5000 }, (_, i) => i + 1),
    )
  })

  it.runIf(several)('begin with the next table while one is being taken', async () => {
    await using exporter = await mysqlConnector.freeze(as('locking'), signal)
    const items = (await Array.fromAsync(exporter.inventory(signal))).filter(({ id }) =>
      ['table/steady', 'table/words'].includes(id),
    )
    const whole = { ...limits, bytes: 1 << 30 }
    const [shard] = await Array.fromAsync(exporter.shards(streamOf(items), whole))
    expect(shard).toMatchObject({ first: 1, last: 2 })
    if (!shard) return
    await run(server, "SET GLOBAL log_output = 'TABLE', general_log = 1")
    const paths: string[] = []
    for await (const entry of exporter.read(shard, streamOf(items), signal)) {
      if (!('path' in entry)) continue
      if (paths.length === 0) await untilLogged('SELECT `w` FROM `words`%')
      paths.push(entry.path)
    }
    await run(server, 'SET GLOBAL general_log = 0')
    expect(paths.map((path) => path.includes('words'))).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ])
  })

  it.runIf(several)(
    'leave a table with long rows to one of them, which is enough to hold in memory',
    async () => {
      await run(
        server,
        `USE cut; CREATE TABLE scans(id INT PRIMARY KEY, b LONGBLOB) ENGINE=InnoDB; INSERT INTO scans SELECT seq, REPEAT('x', 1000) FROM seq_1_to_100;
       UPDATE scans SET b = REPEAT('x', 2 * 1024 * 1024) WHERE id = 50`,
      )
      await using exporter = await mysqlConnector.freeze(as('locking'), signal)
      const items = await Array.fromAsync(exporter.inventory(signal))
      const besideIn = async (table: string): Promise<boolean[]> => {
        const own = items.filter(({ id }) => id === `table/${table}`)
        const shards = await Array.fromAsync(exporter.shards(streamOf(own), limits))
        return shards.map(({ slice }) => slice?.['beside'] !== undefined)
      }
      expect(await besideIn('steady')).toContain(true)
      const scans = await besideIn('scans')
      expect(scans.length).toBeGreaterThan(1)
      expect(scans).not.toContain(true)
    },
  )

  it('are one where it may not', async () => {
    await using exporter = await mysqlConnector.freeze(as('plain'), signal)
    expect(exporter.view.point).not.toMatch(/sessions/)
    expect(await openNow('plain')).toBe(1)
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(items.find(({ id }) => id === 'table/steady')?.count).toBe(5000)
  })

  it('are one, and nobody waits, where somebody else makes a backup', async () => {
    await using other = await Session.open(locationOf(specOf(server, 'cut')), signal)
    await other.run('BACKUP STAGE START')
    await using exporter = await mysqlConnector.freeze(as('locking'), signal)
    expect(exporter.view.point).not.toMatch(/sessions/)
    await run(server, 'INSERT INTO cut.keyless VALUES (9); DELETE FROM cut.keyless WHERE a = 9')
  })

  it('are one where the account may not connect so often', async () => {
    await run(server, 'ALTER USER locking WITH MAX_USER_CONNECTIONS 2')
    await using exporter = await mysqlConnector.freeze(as('locking'), signal)
    expect(exporter.view.point).not.toMatch(/sessions/)
    await run(server, 'ALTER USER locking WITH MAX_USER_CONNECTIONS 0')
  })
})

/** The slices that each shard gives, in their order, and the keys of their rows. */
async function rowsIn(exporter: Exporter, shards: readonly Shard[], items: readonly Item[]) {
  const all: { slices: string[]; ids: number[] }[] = []
  for (const shard of shards) {
    const [slices, ids]: [string[], number[]] = [[], []]
    for await (const entry of exporter.read(shard, streamOf(items), signal)) {
      const slice = 'lost' in entry ? undefined : /slice-0*(\d+)\/\d+\.csv$/.exec(entry.path)?.[1]
      if (slice === undefined || 'lost' in entry) continue
      slices.push(slice)
      const text = Buffer.concat(await Array.fromAsync(entry.content())).toString()
      ids.push(...[...text.matchAll(/^\d+/gm)].map(([id]) => Number(id)))
    }
    all.push({ slices, ids })
  }
  return all
}

/** What each table comes to, to be compared. */
function numbers(sums: ReadonlyMap<string, Summed>): Record<string, unknown> {
  const told = (sum: Summed) =>
    'lost' in sum ? sum : { count: sum.rows.count, digest: sum.rows.digest(''), bytes: sum.rows.bytes }
  return Object.fromEntries([...sums].map(([name, sum]) => [name, told(sum)]))
}
