import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connector } from '@restitute/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMysql, mysqlServers } from '../../../test/services/mysql.ts'
import type { SqlServer } from '../../../test/services/sql-server.ts'
import { mysqlConnector } from '../src/index.ts'
import { withoutCharset } from '../src/made.ts'
import { rebuiltByClient } from './bag.ts'
import { type Carried, exported, knownOf, restored, streamOf } from './carry.ts'
import { withoutMariadb } from './mysql-client.ts'
import { run, specOf } from './support.ts'

const servers = await mysqlServers(['--default-time-zone=+05:30', '--character-set-server=utf16'])
const { signal } = new AbortController()

/** What the operator guide lists for MySQL. */
const reader = `
  CREATE USER reader IDENTIFIED BY 'r'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON torture.* TO reader;
  GRANT SHOW_ROUTINE ON *.* TO reader;
  ${['db', 'tables_priv', 'columns_priv', 'procs_priv', 'role_edges', 'default_roles']
    .map((table) => `GRANT SELECT ON mysql.${table} TO reader;`)
    .join('\n')}
  GRANT SELECT (User, Host, ssl_type, ssl_cipher, x509_issuer, x509_subject, max_questions, max_updates,
    max_connections, max_user_connections) ON mysql.user TO reader`

it('a definition means the same with the charset that its collation names, and without; not what stands in quotes', () => {
  const sql = (charset: string): string =>
    `CREATE TABLE \`CHARACTER SET a COLLATE b\` (\n  \`x\` text${charset} COLLATE utf8mb4_bin COMMENT 'it''s \\\\ CHARACTER SET a COLLATE b',\n  \`y\` text CHARACTER SET latin1\n)`
  expect(withoutCharset(sql(' CHARACTER SET utf8mb4'))).toBe(sql(''))
  expect(withoutCharset(sql(''))).toBe(sql(''))
})

describe.each(servers)('a MySQL database with everything in it', (source) => {
  let target: SqlServer
  let carried: Carried

  beforeAll(async () => {
    const modes = '--sql-mode=TRADITIONAL,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'
    target = (await mysqlServers(['--default-time-zone=-03:00', modes]))[0] as SqlServer
    await run(target, 'SET GLOBAL log_bin_trust_function_creators=1')
    await run(source, 'CREATE DATABASE torture CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci')
    await run(source, await readFile(join(import.meta.dirname, 'mysql.sql'), 'utf8'), 'torture')
    carried = await exported(mysqlConnector, { ...specOf(source, 'torture'), quiesced: true }, 16 * 1024)
  })

  afterAll(async () => {
    await source[Symbol.asyncDispose]()
    await target?.[Symbol.asyncDispose]()
  })

  const differences = async (server: SqlServer, database: string, from: Carried): Promise<string[]> => {
    const known = knownOf(from).filter(({ id }) => !id.startsWith('account/'))
    const found = mysqlConnector.compare(specOf(server, database), streamOf(known), signal)
    return (await Array.fromAsync(found)).map(({ item, change }) => `${item} ${change}`)
  }

  it('loses only a view that does not work there either and the types inside JSON, and says why', () => {
    expect(carried.losses).toEqual([
      { item: 'json/gen', lost: expect.stringContaining('decimal numbers') },
      { item: 'view/broken', lost: expect.stringContaining('does not work in the source either') },
    ])
  })

  it('has its large tables cut by ranges of their keys', () => {
    const cut = carried.entries.flatMap(
      ({ path }) => /tables\/([^/]+)\/slice-\d{6}\/load\.sql$/.exec(path)?.[1] ?? [],
    )
    expect([...new Set(cut)].sort()).toEqual(['bigrow', 'desckey', 'keyed', 'parts', 'ts_key'])
  })

  it('is rebuilt equal, with its accounts, on a server with other settings', async () => {
    const to = specOf(target, 'back')
    const asking = { ...to, url: `${to.url}?accounts=restore` }
    expect(await restored(mysqlConnector, asking, carried)).toEqual([])
    const grants = await run(target, "SHOW GRANTS FOR nurse@'10.%'")
    expect(grants.flat().join()).toMatch(
      /SELECT \(.a., .b.\), INSERT \(.a.\) ON .back.\..nokey.*WITH GRANT OPTION/,
    )
  })

  it('agrees with the checksums of the server itself', async () => {
    const names = carried.items.flatMap(({ id, kind }) =>
      kind === 'table' ? [id.slice('table/'.length)] : [],
    )
    const of = async (server: SqlServer, database: string): Promise<unknown[]> => {
      const tables = names
        // Typed JSON; a default that mode NO_BACKSLASH_ESCAPES does not read; the checksums of two copies by the server itself differ.
        .filter((name) => !['gen', 'defaults', 'idx'].includes(name))
        .map((name) => `\`${database}\`.\`${name.replaceAll('`', '``')}\``)
      return (await run(server, `CHECKSUM TABLE ${tables.join(',')}`)).map(([, sum]) => sum)
    }
    expect(await of(target, 'back')).toEqual(await of(source, 'torture'))
  })

  it.runIf(hasMysql())('is rebuilt by the mysql client alone', async () => {
    using _path = withoutMariadb()
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
  })

  it('is read whole by an account with the rights that the operator guide lists', async () => {
    await run(source, reader)
    const spec = specOf({ ...source, user: 'reader', password: 'r' }, 'torture')
    const seen = ({ items }: Carried): string[] =>
      items
        .filter(({ id }) => id !== 'account/reader@%')
        .map(({ id, digest, lost }) => `${id} ${digest} ${lost}`)
    expect(seen(await exported(mysqlConnector, spec))).toEqual(seen(carried))
  })

  it('is rebuilt where the account that its functions run as is not, or is only being made', async () => {
    await run(
      source,
      `CREATE DATABASE called; CREATE USER app@'10.%'; GRANT ALL ON called.* TO app@'10.%'; USE called;
       CREATE DEFINER=app@'10.%' FUNCTION f(a INT) RETURNS INT NO SQL RETURN a;
       CREATE DEFINER=app@'10.%' VIEW v AS SELECT f(1) AS x; CREATE VIEW u AS SELECT x FROM v`,
    )
    const called = await exported(mysqlConnector, specOf(source, 'called'))
    expect(called.losses).toEqual([])
    const detail = expect.stringContaining('does not exist (1449)') as string
    const unusable = ['u', 'v'].map((name) => ({ item: `view/${name}`, change: 'changed', detail }))
    expect(await restored(mysqlConnector, specOf(target, 'none'), called)).toEqual(unusable)
    const to = specOf(target, 'made')
    expect(await restored(mysqlConnector, { ...to, url: `${to.url}?accounts=restore` }, called)).toEqual([])
    using _path = hasMysql() ? withoutMariadb() : undefined
    expect(await rebuiltByClient(called, target, 'granted', '--accounts')).toEqual([])
    for (const name of ['made', 'granted']) {
      expect(await run(target, `SELECT x FROM ${name}.u`)).toEqual([[1]])
      expect(await run(target, `SHOW COLUMNS FROM ${name}.u`)).toHaveLength(1)
    }
  })

  it('takes an account of its own with it that is named without a host', async () => {
    await run(source, 'CREATE DATABASE owning; CREATE USER viewer; GRANT SELECT ON owning.* TO viewer')
    const spec = specOf(source, 'owning')
    const owning = { ...spec, url: `${spec.url}?owned=viewer` }
    await using destroyer = await mysqlConnector.destroyer(owning, signal)
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([
      { action: 'drop database', object: 'owning', count: 0 },
      { action: 'drop account', object: '`viewer`@`%`' },
    ])
    expect(await run(source, "SELECT User FROM mysql.user WHERE User = 'viewer'")).toEqual([])
    await using prober = await mysqlConnector.prober(owning, signal)
    const sighting = await prober.look(signal)
    expect(sighting.state).toBe('absent')
    expect(sighting.looked).toContain('mysql.user: `viewer`@`%`: absent')
  })

  it('has programs that were sent among other statements, with their semicolons, as the same', async () => {
    await run(
      source,
      `CREATE DATABASE sent; USE sent; CREATE TABLE t(a INT); CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
       CREATE PROCEDURE p() SELECT 1 /* x */ ; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
       CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 00:00:00' DO DELETE FROM t ; SELECT 1`,
    )
    const [[, , shown] = []] = await run(source, 'SHOW CREATE TRIGGER sent.tr')
    expect(shown).toMatch(/= 1;$/)
    const sent = await exported(mysqlConnector, specOf(source, 'sent'))
    expect(await restored(mysqlConnector, specOf(target, 'sent'), sent)).toEqual([])
  })

  it('tells JSON that is another from JSON that is the same', async () => {
    await run(
      source,
      `CREATE DATABASE doses; CREATE TABLE doses.t(j JSON); INSERT INTO doses.t VALUES ('{"a": 1.5}')`,
    )
    const before = await exported(mysqlConnector, specOf(source, 'doses'))
    expect(before.losses).toEqual([])
    const after = async (value: string): Promise<string[]> => {
      await run(source, `UPDATE doses.t SET j = ${value}`)
      return differences(source, 'doses', before)
    }
    expect(await after(`'{"a": 1.6}'`)).toEqual(['table/t changed'])
    expect(await after(`'{"a": "1.5"}'`)).toEqual(['table/t changed'])
    expect(await after('NULL')).toEqual(['table/t changed'])
    expect(await after(`'{"a":1.5}'`)).toEqual([])
  })

  it('is rebuilt as it was where the server would refuse its tables, or make others of them', async () => {
    await run(
      source,
      `CREATE DATABASE lax; USE lax; SET innodb_strict_mode=0, restrict_fk_on_non_standard_key=0, sql_generate_invisible_primary_key=1;
       CREATE TABLE hidden(a INT); SET sql_generate_invisible_primary_key=0; CREATE TABLE bare(a INT);
       CREATE TABLE packed(a INT) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 COMPRESSION='zlib';
       CREATE TABLESPACE apart ADD DATAFILE 'apart.ibd'; CREATE TABLE placed(a INT COMMENT ' /*!50100 TABLESPACE \`apart\` */') TABLESPACE apart;
       CREATE TABLE p(a INT, KEY (a)); CREATE TABLE c(a INT, FOREIGN KEY (a) REFERENCES p(a));
       INSERT INTO hidden VALUES (7); INSERT INTO placed VALUES (7); INSERT INTO bare VALUES (7); INSERT INTO packed VALUES (7); INSERT INTO p VALUES (7); INSERT INTO c VALUES (7)`,
    )
    const strict = (on: string): Promise<unknown> =>
      run(
        target,
        `SET GLOBAL sql_require_primary_key=${on}, GLOBAL sql_generate_invisible_primary_key=${on},
         GLOBAL show_gipk_in_create_table_and_information_schema=${on === '1' ? 0 : 1}`,
      )
    const lax = await exported(mysqlConnector, specOf(source, 'lax'))
    await strict('1')
    expect(await restored(mysqlConnector, specOf(target, 'lax'), lax)).toEqual([])
    await strict('0')
    expect(await run(target, 'SELECT my_row_id, a FROM lax.hidden')).toEqual([['1', 7]])
  })

  it('comes out as it was when the view was taken, whatever is written since', async () => {
    await run(
      source,
      `CREATE DATABASE bank; USE bank; CREATE TABLE a(id INT PRIMARY KEY, cents BIGINT) ENGINE=InnoDB; CREATE TABLE b LIKE a;
       SET cte_max_recursion_depth=3000; INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i, 1000 FROM n;
       INSERT INTO b SELECT * FROM a`,
    )
    const moved = `UPDATE a SET cents = cents - 7 WHERE id % 3 = 0; UPDATE b SET cents = cents + 7 WHERE id % 3 = 0`
    const writtenTo: Connector = {
      ...mysqlConnector,
      async freeze(spec, asked) {
        const view = await mysqlConnector.freeze(spec, asked)
        await run(source, `${moved}; DELETE FROM b WHERE id = 5; INSERT INTO a VALUES (9999, 1)`, 'bank')
        return view
      },
    }
    const moment = await exported(writtenTo, specOf(source, 'bank'), 16 * 1024)
    expect(await restored(mysqlConnector, specOf(target, 'bank'), moment)).toEqual([])
    const sums = 'SELECT (SELECT SUM(cents) FROM a), (SELECT SUM(cents) FROM b), (SELECT COUNT(*) FROM b)'
    expect(await run(target, sums, 'bank')).toEqual([['2000000', '2000000', '2000']])
    expect(await differences(source, 'bank', moment)).toEqual(['table/a changed', 'table/b changed'])
  })
})
