import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceSpec } from '@restitute/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { bagOf } from './bag.ts'
import { type Carried, exported, restored } from './carry.ts'
import { readsAccounts, run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')

function client(
  { port, user, password }: SqlServer,
  database: string,
  sql: string | Buffer,
  folder?: string,
): string {
  const login = ['--no-defaults', '-h127.0.0.1', `-P${port}`, `-u${user}`, `-p${password}`]
  const args = [...login, '--local-infile=1', '--binary-mode', '--default-character-set=utf8mb4', database]
  return execFileSync('mariadb', args, { input: sql, cwd: folder }).toString()
}

describe.runIf(present)('a database with everything in it', () => {
  let source: SqlServer
  let target: SqlServer
  let carried: Carried

  beforeAll(async () => {
    // The server's own zone, mode and limits must play no part.
    source = await startMariadb([
      '--default-time-zone=+05:30',
      '--character-set-server=utf16',
      '--max-statement-time=1',
    ])
    target = await startMariadb([
      '--default-time-zone=-03:00',
      '--sql-mode=TRADITIONAL,ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
    ])
    await run(source, 'CREATE DATABASE torture CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci')
    client(source, 'torture', await readFile(join(import.meta.dirname, 'torture.sql')))
    carried = await exported(mysqlConnector, { ...specOf(source, 'torture'), quiesced: true }, 16 * 1024)
  })

  afterAll(async () => {
    await source?.[Symbol.asyncDispose]()
    await target?.[Symbol.asyncDispose]()
  })

  it('loses only the view that does not work in the source either and events that have passed, and says why', () => {
    expect(carried.losses).toEqual([
      { item: 'event/ended', lost: expect.stringContaining('its time has passed') },
      { item: 'event/passed', lost: expect.stringContaining('its time has passed') },
      { item: 'history/numbered', lost: expect.stringContaining('transactions') },
      { item: 'view/broken', lost: expect.stringContaining('does not work in the source either') },
    ])
  })

  it('has its large tables cut by ranges of their keys', () => {
    const slices = carried.entries.filter(({ path }) => /slice-\d{6}\/000001\.csv$/.test(path))
    expect(slices.length).toBeGreaterThan(3)
  })

  it('is rebuilt equal, by content and definitions, on a server with other settings', async () => {
    expect(await restored(mysqlConnector, specOf(target, 'back'), carried)).toEqual([])
  })

  it('is rebuilt by the mariadb client alone', async () => {
    await using bag = await bagOf(carried)
    await run(target, 'CREATE DATABASE `by hand`')
    bag.load(target, 'by hand')
    const known = carried.items.filter(({ lost }) => lost === undefined)
    const same = mysqlConnector.compare(specOf(target, 'by hand'), from(known), new AbortController().signal)
    expect(await Array.fromAsync(same)).toEqual([])
  })

  it('is read whole by an account with the rights that the operator guide lists, and dropped by one that may only drop', async () => {
    await run(
      source,
      `CREATE USER reader IDENTIFIED BY 'r'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON torture.* TO reader;
       GRANT SELECT ON mysql.proc TO reader; GRANT BINLOG MONITOR ON *.* TO reader; ${readsAccounts}
       CREATE DATABASE short_lived; CREATE USER destroyer IDENTIFIED BY 'd'; GRANT DROP ON short_lived.* TO destroyer`,
    )
    const reading = await exported(
      mysqlConnector,
      specOf({ ...source, user: 'reader', password: 'r' }, 'torture'),
    )
    const seen = ({ items }: Carried): string[] =>
      items
        .filter(({ id }) => id !== 'account/reader@%')
        .map(({ id, digest, lost }) => `${id} ${digest} ${lost}`)
    expect(seen(reading)).toEqual(seen(carried))
    await using destroyer = await mysqlConnector.destroyer(
      specOf({ ...source, user: 'destroyer', password: 'd' }, 'short_lived'),
      new AbortController().signal,
    )
    expect(await Array.fromAsync(destroyer.destroy(new AbortController().signal))).toHaveLength(1)
    expect(await run(source, "SHOW DATABASES LIKE 'short%'")).toEqual([])
  })

  it('has the comment of the database', async () => {
    const comment = 'SELECT SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '
    const [[expected] = []] = await run(source, `${comment}'torture'`)
    expect(expected).toContain('two lines')
    for (const name of ['back', 'by hand'])
      expect(await run(target, `${comment}'${name}'`)).toEqual([[expected]])
  })

  it('has the current rows alone of a table whose history is lost', async () => {
    expect(await run(target, 'SELECT a FROM back.numbered')).toEqual([[3]])
  })

  it('tells in which column a UUID or an address is NULL', async () => {
    await run(
      source,
      `CREATE DATABASE holes; CREATE TABLE holes.t(a UUID, b UUID, c INET6, d INET6);
       INSERT INTO holes.t VALUES (NULL, '123e4567-e89b-12d3-a456-426655440000', '::1', NULL)`,
    )
    const { items } = await exported(mysqlConnector, specOf(source, 'holes'))
    const known = items.filter(({ id }) => !id.startsWith('account/'))
    const changed = async (sql: string): Promise<unknown> => {
      await run(source, sql, 'holes')
      const same = mysqlConnector.compare(specOf(source, 'holes'), from(known), new AbortController().signal)
      return (await Array.fromAsync(same)).map(({ item }) => item)
    }
    expect(await changed('UPDATE t SET a = b, b = NULL')).toEqual(['table/t'])
    expect(await changed('UPDATE t SET b = a, a = NULL')).toEqual([])
    expect(await changed('UPDATE t SET d = c, c = NULL')).toEqual(['table/t'])
  })

  it('agrees with the checksums of the server itself', async () => {
    const checksums = async (server: SqlServer, database: string): Promise<unknown[]> => {
      const tables = await run(
        server,
        `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' AND TABLE_TYPE = 'BASE TABLE' ORDER BY CAST(TABLE_NAME AS BINARY)`,
      )
      const names = tables.map(([name]) => `\`${database}\`.\`${String(name).replaceAll('`', '``')}\``)
      return (await run(server, `CHECKSUM TABLE ${names.join(',')}`)).map(([, sum]) => sum)
    }
    expect(await checksums(target, 'back')).toEqual(await checksums(source, 'torture'))
  })
})

describe.runIf(present)('views that lead out of their database', () => {
  let source: SqlServer
  let target: SqlServer
  let carried: Carried
  const outside = expect.stringContaining('database register')
  const asking = (server: SqlServer, database: string): SourceSpec => {
    const spec = specOf(server, database)
    return { ...spec, url: `${spec.url}?accounts=restore` }
  }

  beforeAll(async () => {
    source = await startMariadb()
    target = await startMariadb()
    await run(
      source,
      `CREATE DATABASE register; CREATE TABLE register.person(id INT PRIMARY KEY, born DATE);
       CREATE FUNCTION register.latest() RETURNS INT DETERMINISTIC RETURN 1; CREATE DATABASE ward`,
    )
    await run(
      source,
      `CREATE TABLE stay(id INT PRIMARY KEY, person INT, since DATE, note VARCHAR(40), FOREIGN KEY (person) REFERENCES register.person(id));
       INSERT INTO register.person VALUES (1, '1970-01-01'); INSERT INTO stay VALUES (1, 1, '2026-01-02', 'x');
       CREATE FUNCTION people() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM register.person);
       CREATE TRIGGER admitted AFTER INSERT ON stay FOR EACH ROW INSERT IGNORE INTO register.person VALUES (NEW.person, NULL);
       CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DISABLE DO DELETE FROM register.person WHERE id = 0;
       CREATE VIEW all_alone AS SELECT born FROM register.person;
       CREATE VIEW a_joined AS SELECT s.id, p.born FROM stay s JOIN register.person p ON p.id = s.person;
       CREATE VIEW called AS SELECT register.latest() AS one;
       CREATE VIEW within AS SELECT id FROM stay WHERE person IN (SELECT register.id FROM register.person register);
       CREATE VIEW a_over AS SELECT born FROM a_joined; CREATE VIEW z_over AS SELECT born FROM a_over;
       CREATE VIEW counted AS SELECT people() AS n; CREATE VIEW over_counted AS SELECT n FROM counted;
       CREATE VIEW cut AS SELECT EXTRACT(YEAR FROM since) AS y, TRIM(LEADING note FROM note) AS \`from \`\`register\`\`.\`\`person\`\`\`, 'from \`register\`.\`person\`' AS t FROM stay;
       CREATE VIEW catalogued AS SELECT EXTRACT(YEAR FROM ward.since) AS y, s.SCHEMA_NAME = 'x' AS x FROM stay ward JOIN stay t JOIN information_schema.SCHEMATA s;
       CREATE VIEW listed AS SELECT stay.id, j.i FROM stay JOIN JSON_TABLE('[1]', '$[*]' COLUMNS (i INT PATH '$')) j;
       CREATE USER clerk; GRANT SELECT ON all_alone TO clerk; CREATE USER nurse; GRANT SELECT ON a_joined TO nurse; GRANT SELECT (n) ON counted TO nurse;
       CREATE USER author; CREATE DEFINER=author VIEW by_another AS SELECT born FROM register.person`,
      'ward',
    )
    carried = await exported(mysqlConnector, specOf(source, 'ward'))
  })

  afterAll(async () => {
    await source?.[Symbol.asyncDispose]()
    await target?.[Symbol.asyncDispose]()
  })

  it('are stated as lost with those that need them, and no other; their texts are delivered', async () => {
    expect(carried.losses).toEqual([
      { item: 'view/a_joined', lost: outside },
      { item: 'view/a_over', lost: expect.stringContaining('view/a_joined') },
      { item: 'view/all_alone', lost: outside },
      { item: 'view/by_another', lost: outside },
      { item: 'view/called', lost: outside },
      { item: 'view/within', lost: outside },
      { item: 'view/z_over', lost: expect.stringContaining('view/a_over') },
    ])
    const texts = carried.entries.filter(({ item }) => item === 'view/z_over')
    expect(texts.map(({ path }) => path)).toEqual(['data/native/lost/view-z_over.sql'])
  })

  it('are lost like those that call a routine whose text the reader may not have', async () => {
    await run(
      source,
      "CREATE USER reader IDENTIFIED BY 'r'; GRANT SELECT, SHOW VIEW, EXECUTE ON ward.* TO reader",
    )
    const reader = specOf({ ...source, user: 'reader', password: 'r' }, 'ward')
    const { losses } = await exported(mysqlConnector, reader)
    expect(losses).toContainEqual({ item: 'view/counted', lost: 'it needs function/people, which is lost' })
    expect(losses).toContainEqual({ item: 'view/over_counted', lost: 'it needs view/counted, which is lost' })
  })

  it('do not keep the others, nor the accounts, from being rebuilt equal where that database is not', async () => {
    expect(await restored(mysqlConnector, asking(target, 'back'), carried)).toEqual([])
    expect(await run(target, 'SELECT y, x FROM back.catalogued LIMIT 1')).toEqual([[2026, 0]])
  })

  it('nor from being rebuilt by the mariadb client alone', async () => {
    await using third = await startMariadb()
    await using bag = await bagOf(carried)
    await run(third, 'CREATE DATABASE byhand')
    bag.load(third, 'byhand', '--accounts')
    const known = carried.items.filter(({ lost }) => lost === undefined)
    const { signal } = new AbortController()
    const differences = mysqlConnector.compare(asking(third, 'byhand'), from(known), signal)
    expect(await Array.fromAsync(differences)).toEqual([])
  })
})

describe.runIf(present)('rows longer than max_allowed_packet', () => {
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`)
  const { signal } = new AbortController()

  it('have digests that tell every change, the same on a server that takes more', async () => {
    await using source = await startMariadb(['--max-allowed-packet=1M'])
    await using target = await startMariadb()
    await run(
      source,
      `CREATE DATABASE wide; CREATE TABLE wide.t(id INT PRIMARY KEY, ${names.map((name) => `${name} TEXT CHARACTER SET latin1`).join(', ')});
       INSERT INTO wide.t VALUES (1${", REPEAT('x', 60000)".repeat(17)}, '', '', ''); UPDATE wide.t SET c19 = REPEAT('y', 28600)`,
    )
    const carried = await exported(mysqlConnector, specOf(source, 'wide'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'wide'), carried)).toEqual([])
    await run(source, "UPDATE wide.t SET c19 = REPEAT('z', 28600)")
    await using watcher = await mysqlConnector.watch(specOf(source, 'wide'), signal)
    const known = carried.items.filter(({ id }) => !id.startsWith('account/'))
    expect(await Array.fromAsync(watcher.differences(from(known), signal))).toEqual([
      { item: 'table/t', change: 'changed' },
    ])
  })

  it('are whole where one value alone is longer, and never NULL', async () => {
    await using source = await startMariadb()
    await using target = await startMariadb(['--max-allowed-packet=1M'])
    const make = (name: string, type: string, value: string): string =>
      `CREATE DATABASE ${name}; CREATE TABLE ${name}.t(id INT PRIMARY KEY, c ${type}); INSERT INTO ${name}.t VALUES (1, ${value});`
    await run(
      source,
      make('text_one', 'LONGTEXT CHARACTER SET utf16', "REPEAT('é\"', 600000)") +
        make('text_two', 'LONGTEXT CHARACTER SET utf16', "CONCAT(REPEAT('é\"', 599999), '\"é')") +
        make('scan', 'LONGBLOB', "REPEAT(x'00ff', 600000)"),
    )
    const one = await exported(mysqlConnector, specOf(source, 'text_one'))
    const two = await exported(mysqlConnector, specOf(source, 'text_two'))
    expect(await restored(mysqlConnector, specOf(target, 'one'), one)).toEqual([])
    const known = two.items.filter(({ id }) => !id.startsWith('account/'))
    const differences = mysqlConnector.compare(specOf(target, 'one'), from(known), signal)
    expect(await Array.fromAsync(differences)).toEqual([{ item: 'table/t', change: 'changed' }])

    const scan = await exported(mysqlConnector, specOf(source, 'scan'))
    await expect(restored(mysqlConnector, specOf(target, 'scan'), scan)).rejects.toMatchObject({
      code: 'restore-failed',
      hint: expect.stringContaining('max_allowed_packet'),
    })
    await using bag = await bagOf(scan)
    await run(target, 'CREATE DATABASE byhand')
    expect(() => bag.load(target, 'byhand')).toThrow('1242')
    expect(await run(target, 'SELECT id FROM byhand.t')).toEqual([])
  })

  it('are an error where the server gives no digest', async () => {
    await using source = await startMariadb(['--max-allowed-packet=32K'])
    await run(
      source,
      `CREATE DATABASE narrow; CREATE TABLE narrow.t(a TEXT, b TEXT); INSERT INTO narrow.t VALUES (REPEAT('x', 20000), REPEAT('y', 20000))`,
    )
    await using exporter = await mysqlConnector.freeze(specOf(source, 'narrow'), signal)
    await expect(Array.fromAsync(exporter.inventory(signal))).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('max_allowed_packet'),
    })
  })
})

async function* from<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values
}
