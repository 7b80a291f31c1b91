import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('routines', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('of two kinds and one name come back, both of them', async () => {
    await run(source, 'CREATE DATABASE twice')
    await run(
      source,
      'CREATE FUNCTION age() RETURNS INT NO SQL RETURN 1; CREATE PROCEDURE age() SELECT 1; CREATE PROCEDURE `AGE 2`() DO 1',
      'twice',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'twice'))
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
  })

  it('made under a collation of UTF-16 come back, and what is made after them', async () => {
    await run(source, 'CREATE DATABASE wide')
    await run(
      source,
      "SET collation_connection=utf16_general_ci; CREATE FUNCTION f() RETURNS VARCHAR(9) NO SQL RETURN 'é'; CREATE VIEW v AS SELECT f() AS x, 'é' AS y",
      'wide',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'wide'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'wide'), carried)).toEqual([])
  })

  it('made while the database had another collation keep it for their texts', async () => {
    await run(source, "CREATE DATABASE changed CHARACTER SET latin1 COLLATE latin1_german2_ci COMMENT 'kept'")
    await run(
      source,
      `CREATE FUNCTION f(a VARCHAR(9)) RETURNS VARCHAR(60) NO SQL RETURN COLLATION(a); CREATE TABLE t(a VARCHAR(60)); CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DO 1;
       CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW BEGIN DECLARE x VARCHAR(9) DEFAULT 'x'; SET NEW.a = COLLATION(x); END; CREATE PROCEDURE p(a VARCHAR(9)) DO 1;
       ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE FUNCTION g(a VARCHAR(9)) RETURNS VARCHAR(60) NO SQL RETURN COLLATION(a)`,
      'changed',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'changed'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'changed'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'changed_by_hand')).toEqual([])
    const kept = [['latin1_german2_ci', 'utf8mb4_unicode_ci', 'latin1_german2_ci']]
    for (const name of ['changed', 'changed_by_hand']) {
      await run(target, "INSERT INTO t VALUES ('')", name)
      expect(await run(target, "SELECT f('x'), g('x'), a FROM t", name)).toEqual(kept)
    }
  })

  it('of a package are carried; views that call them are stated as lost, and do not end the restoration', async () => {
    await run(source, 'CREATE DATABASE packed')
    await run(
      source,
      `SET sql_mode='ORACLE'; CREATE PACKAGE pk AS FUNCTION f RETURN INT; END; CREATE PACKAGE BODY pk AS FUNCTION f RETURN INT AS BEGIN RETURN 1; END; END;
       CREATE VIEW calling AS SELECT pk.f() AS x; CREATE VIEW over_it AS SELECT x FROM calling; CREATE TABLE t(a INT); CREATE VIEW fine AS SELECT a AS "pk.f(" FROM t`,
      'packed',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'packed'))
    expect(carried.losses).toEqual([
      { item: 'view/calling', lost: expect.stringContaining('function of the package pk') },
      { item: 'view/over_it', lost: 'it needs view/calling, which is lost' },
    ])
    expect(await restored(mysqlConnector, specOf(target, 'packed'), carried)).toEqual([])
  })

  it('that run at the times of a zone which the target does not know are named before any row is loaded', async () => {
    await run(
      source,
      `INSERT INTO mysql.time_zone VALUES (77, 'N'); INSERT INTO mysql.time_zone_name VALUES ('Europe/Paris', 77);
       INSERT INTO mysql.time_zone_transition_type VALUES (77, 0, 3600, 0, 'CET'); CREATE DATABASE zoned; CREATE TABLE zoned.t(a INT); INSERT INTO zoned.t VALUES (1)`,
    )
    await run(
      source,
      "SET time_zone='Europe/Paris'; CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 02:00' DO DO 1",
      'zoned',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'zoned'))
    await using restorer = await mysqlConnector.restore(specOf(target, 'zoned'), new AbortController().signal)
    const begin = async (): Promise<void> => {
      for (const phase of [0, 1])
        for (const entry of carried.entries)
          if (restorer.phase(entry.path) === phase) await restorer.accept(entry, new AbortController().signal)
    }
    await expect(begin()).rejects.toMatchObject({
      code: 'restore-failed',
      hint: expect.stringContaining('tzinfo') as string,
    })
  })
})
