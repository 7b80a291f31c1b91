import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { bagOf } from './bag.ts'
import { type Carried, exported, knownOf, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()

/** What a second package holds. */
function changesIn(before: Carried, now: Carried): Carried {
  const marks = new Map(before.items.map(({ id, mark }) => [id, mark]))
  const same = new Set(now.items.filter(({ id, mark }) => marks.get(id) === mark).map(({ id }) => id))
  return { ...now, entries: now.entries.filter(({ item }) => !same.has(item ?? '')) }
}

/** Both packages together. */
function joined(first: Carried, now: Carried): Carried {
  const { entries } = changesIn(first, now)
  const held = new Set(entries.map(({ item }) => item))
  const there = new Set(now.items.map(({ id }) => id))
  const before = first.entries.filter(({ item = '' }) => !held.has(item) && there.has(item))
  return { ...now, entries: [...before, ...entries] }
}

describe.runIf(present)('a second pass', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('comes back equal with the first, by restore and by the mariadb client alone, whatever is gone since', async () => {
    await run(source, 'CREATE DATABASE lived')
    await run(
      source,
      `CREATE TABLE large(id INT PRIMARY KEY, t TEXT); INSERT INTO large SELECT seq, REPEAT('x', 100) FROM seq_1_to_900; ANALYZE TABLE large;
       CREATE TABLE gone(a INT); INSERT INTO gone VALUES (1); CREATE TABLE same(a INT); INSERT INTO same VALUES (2); CREATE SEQUENCE s; CREATE SEQUENCE gone_s;
       CREATE VIEW over_gone AS SELECT a FROM gone; CREATE VIEW v AS SELECT a FROM same; CREATE PROCEDURE gone_p() DO 1; CREATE TABLE moved(a INT); INSERT INTO moved VALUES (3);
       CREATE TRIGGER one BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 1; CREATE TRIGGER two BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 2;
       CREATE EVENT gone_e ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DO 1`,
      'lived',
    )
    const spec = specOf(source, 'lived')
    const first = await exported(mysqlConnector, spec, 16 * 1024)
    expect(first.entries.filter(({ path }) => path.includes('/slice-')).length).toBeGreaterThan(6)
    await run(
      source,
      `DELETE FROM large WHERE id > 20; UPDATE large SET t = 'y'; ANALYZE TABLE large; DROP VIEW over_gone; DROP TABLE gone; DROP TRIGGER one; DROP SEQUENCE gone_s;
       DROP PROCEDURE gone_p; DROP EVENT gone_e; RENAME TABLE moved TO Moved; CREATE TABLE SAME(a INT); INSERT INTO SAME VALUES (4); CREATE VIEW V AS SELECT a FROM SAME`,
      'lived',
    )
    const now = await exported(mysqlConnector, spec)
    const second = changesIn(first, now)
    expect(await restored(mysqlConnector, specOf(target, 'ours'), joined(first, now))).toEqual([])

    await using bag = await bagOf(first)
    for (const { path } of second.entries) {
      const table = /^data\/tables\/[^/]+/.exec(path)?.[0]
      if (table) await rm(join(bag.folder, table), { recursive: true, force: true })
    }
    await bag.add(second)
    await run(target, 'CREATE DATABASE by_client')
    bag.load(target, 'by_client')
    const found = mysqlConnector.compare(specOf(target, 'by_client'), streamOf(knownOf(now)), signal)
    expect(await Array.fromAsync(found)).toEqual([])
  })

  it('leaves the collation of the database of now, though programs made under another one are as they were', async () => {
    await run(source, 'CREATE DATABASE collated COLLATE utf8mb4_bin')
    await run(
      source,
      `CREATE TABLE a(n CHAR(3)); CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.n = 'x';
       CREATE PROCEDURE p(x CHAR(3)) SELECT x; ALTER DATABASE COLLATE latin1_bin`,
      'collated',
    )
    const spec = specOf(source, 'collated')
    const first = await exported(mysqlConnector, spec)
    await run(source, 'ALTER DATABASE COLLATE utf8mb4_german2_ci', 'collated')
    const both = joined(first, await exported(mysqlConnector, spec))
    expect(await restored(mysqlConnector, specOf(target, 'collated'), both)).toEqual([])
  })
})
