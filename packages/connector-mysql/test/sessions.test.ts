import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { locationOf } from '../src/location.ts'
import { RowSum } from '../src/row-sum.ts'
import { readTables, type Table } from '../src/schema.ts'
import { disposeAll, Session } from '../src/session.ts'
import { type Summed, sumsOf } from '../src/sums.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const several = availableParallelism() > 1
const { signal } = new AbortController()

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

  it('sum a table to the same, cut into stretches of its key or not, whatever the key', async () => {
    const location = locationOf(specOf(server, 'cut'))
    const sessions = [
      await Session.open(location, signal, 'cut'),
      await Session.open(location, signal, 'cut'),
    ] as const
    const tables = await readTables(sessions[0], signal)
    const asLarge = tables.map((table): Table => ({ ...table, estimate: { rows: 1, bytes: 2 ** 40 } }))
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

  it.runIf(several)(
    'share the moment where the account may hold back commits, and the view says so',
    async () => {
      await using exporter = await mysqlConnector.freeze(as('locking'), signal)
      expect(exporter.view.point).toMatch(/, in [234] sessions \(BACKUP STAGE BLOCK_COMMIT\)$/)
      // Writers are held no longer than until all have begun.
      await run(server, 'INSERT INTO cut.steady VALUES (-1, 0)')
      const items = await Array.fromAsync(exporter.inventory(signal))
      expect(items.find(({ id }) => id === 'table/steady')?.count).toBe(5000)
      expect(await openNow('locking')).toBe(1)
      await run(server, 'DELETE FROM cut.steady WHERE id < 0')
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

/** What each table comes to, to be compared. */
function numbers(sums: ReadonlyMap<string, Summed>): Record<string, unknown> {
  const told = (sum: Summed) => (sum instanceof RowSum ? { count: sum.count, digest: sum.digest('') } : sum)
  return Object.fromEntries([...sums].map(([name, sum]) => [name, told(sum)]))
}
