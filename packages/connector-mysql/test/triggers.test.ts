import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('triggers', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('do in the copy what they did: backslashes, charsets of literals, comments, names written anyhow', async () => {
    await run(source, 'CREATE DATABASE acting')
    const each = '`for each row`'
    await run(
      source,
      String.raw`CREATE TABLE t(a VARCHAR(40), b VARCHAR(40), c VARBINARY(40), d INT, e VARCHAR(9)); CREATE TABLE ${each}(a INT);
       CREATE TRIGGER slashes BEFORE INSERT ON t FOR EACH ROW SET NEW.b = REPLACE(NEW.a, '\\', '/'), NEW.d = NEW.a REGEXP '\\d';
       CREATE TRIGGER IF NOT EXISTS/* a */acting . charsets -- for each row
         BEFORE INSERT ON acting.t FOR EACH ROW FOLLOWS slashes /* kept */ SET NEW.c = _binary'\\\x', NEW.e = CHARSET(_latin1'x');
       CREATE OR REPLACE TRIGGER ${each} AFTER INSERT ON ${each} FOR EACH ROW BEGIN END;
       SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; CREATE TRIGGER "of ""t" BEFORE UPDATE ON "t" FOR EACH ROW SET NEW.b = '\\'`,
      'acting',
    )
    const acted = async (server: SqlServer, database: string): Promise<unknown[][]> => {
      await run(server, String.raw`INSERT INTO t(a) VALUES ('C:\\1'), ('\\d')`, database)
      await run(server, `UPDATE t SET d = 7 WHERE d = 0; INSERT INTO ${each} VALUES (1)`, database)
      return run(server, 'SELECT a, b, HEX(c), d, e FROM t', database)
    }
    const carried = await exported(mysqlConnector, specOf(source, 'acting'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
    const expected = await acted(source, 'acting')
    expect(expected[0]).toEqual(['C:\\1', 'C:/1', '5C78', 1, 'latin1'])
    expect(await acted(target, 'ours')).toEqual(expected)
    expect(await acted(target, 'byhand')).toEqual(expected)
  })

  it('that name a column which is not there any more, and work in the source no more, are stated as lost: the others come back', async () => {
    await run(source, 'CREATE DATABASE renamed')
    const old = '`c d`'
    await run(
      source,
      String.raw`CREATE TABLE t(a VARCHAR(40), b INT, ${old} INT, e INT) WITH SYSTEM VERSIONING; INSERT INTO t VALUES ('x', 1, 2, 3);
       CREATE TRIGGER dropped BEFORE DELETE ON t FOR EACH ROW BEGIN DECLARE c INT; SET @x = OLD . b; END;
       CREATE TRIGGER renamed BEFORE UPDATE ON t FOR EACH ROW SET new.${old} = 1;
       CREATE TRIGGER fine BEFORE INSERT ON t FOR EACH ROW SET NEW.A = CONCAT('it''s NEW.b\' NEW.b', "NEW.b"), @y = NEW.row_start /* NEW.b */ -- OLD.b
         ;
       SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; CREATE TRIGGER slash BEFORE INSERT ON t FOR EACH ROW SET NEW."a" = CONCAT('\', 'NEW.b');
       SET system_versioning_alter_history=KEEP; ALTER TABLE t DROP b, CHANGE ${old} cd INT`,
      'renamed',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'renamed'))
    expect(carried.losses).toEqual([
      { item: 'trigger/dropped', lost: expect.stringContaining('no column b') as string },
      { item: 'trigger/renamed', lost: expect.stringContaining('no column c d') as string },
    ])
    expect(await restored(mysqlConnector, specOf(target, 'renamed'), carried)).toEqual([])
    const byClient = await rebuiltByClient(carried, target, 'renamed_by_hand')
    expect(byClient.filter(({ item }) => !/\/(dropped|renamed)$/.test(item))).toEqual([])
  })
})
