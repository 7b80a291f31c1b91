import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RestoredEntry } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { postgresConnector } from '../src/index.ts'
import {
  compare,
  type Exported,
  each,
  exportAll,
  rebuiltByPsql,
  restore,
  roundTripped,
  runPsql,
} from './carry.ts'
import { place, signal, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const newest = await startPostgres('newest')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-bag-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
  await newest?.[Symbol.asyncDispose]()
})

const odd = `CREATE SCHEMA "a.b'c"; CREATE ROLE "odd role""'" LOGIN;
  CREATE TABLE "a.b'c"."x""y\nz😀"("c\n1" int, "😀" text, twice int GENERATED ALWAYS AS ("c\n1" * 2) STORED);
  INSERT INTO "a.b'c"."x""y\nz😀" VALUES (1, E'a\\nb"c'), (NULL, ''), (3, NULL), (4, E'\\\\N'), (5, E'\\\\.');
  CREATE TABLE "${'long'.repeat(15)}end"(i int); CREATE TABLE "ABC"(i int); CREATE TABLE abc(i int); CREATE TABLE con();
  INSERT INTO con DEFAULT VALUES; CREATE TABLE "a/b\\c%d:e"(i int);
  CREATE TABLE "$(touch ${folder}/owned)'\`x\`"(i int); INSERT INTO "$(touch ${folder}/owned)'\`x\`" VALUES (7);
  COMMENT ON TABLE abc IS E'\\n\\\\! touch ${folder}/owned\\n\\\\q'; ALTER TABLE "ABC" OWNER TO "odd role""'";
  CREATE FUNCTION "f'"";"() RETURNS text LANGUAGE sql AS $$ SELECT ';' || '
--
-- Name: x; Type: y; Schema: z; Owner: o
--

' $$;
  CREATE TABLE wide(a text); INSERT INTO wide SELECT repeat(E'"q",\\n', 100000) FROM generate_series(1, 8);
  CREATE TABLE kinds(b bytea, t timestamptz, i interval, n numeric, f float8, j json, x xml, m money, a text[], p point, r int4range);
  INSERT INTO kinds VALUES ('\\x00ff', '0044-03-15 BC', '-1 year 2 mons -3.5 sec', 'NaN', '-Infinity', '{"a":  1}', '<a/>', 12.34, '{a,NULL,"x,y"}', '(1,2)', '[1,5)'),
    (NULL, 'infinity', NULL, 1e-300, '-0', NULL, NULL, NULL, NULL, NULL, 'empty')`

describe.skipIf(!server || !psql)('a bag', () => {
  const db = server as NonNullable<typeof server>
  let made = 0

  const expectRoundTrips = (database: string): Promise<Exported> =>
    roundTripped(db, database, join(folder, `bag-${++made}`))

  it('carries odd names and values, and none of them becomes a command', async () => {
    await using source = await place(db, odd)
    const { entries } = await expectRoundTrips(source.database)
    expect(entries.filter(({ path }) => path.includes('public.wide/')).length).toBeGreaterThan(2)
    expect(existsSync(join(folder, 'owned'))).toBe(false)
  })

  it.each([
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
    ['CREATE SCHEMA s'],
    ["CREATE TYPE t AS ENUM ('a')"],
    ['SET ROLE landlord; CREATE TABLE t(a int); GRANT SELECT ON t TO ' + (server?.user ?? '')],
  ])('names the role that made the server: %s', async (fill) => {
    await sql(db, 'postgres', 'DO $$ BEGIN CREATE ROLE landlord; EXCEPTION WHEN duplicate_object THEN END $$')
    await using source = await place(db, 'SELECT 1')
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} OWNER TO landlord`)
    await sql(db, source.database, 'ALTER SCHEMA public OWNER TO landlord')
    const roles = async (): Promise<string[]> => {
      const { items } = await exportAll(source.spec, join(folder, `roles-${++made}`))
      return items.map(({ id }) => id).filter((id) => id.startsWith('role/'))
    }
    expect(await roles()).toEqual(['role/landlord'])
    await sql(db, source.database, fill)
    expect(await roles()).toEqual(['role/landlord', `role/${db.user}`])
  })

  it('carries texts with a line that psql takes for the end of the data', async () => {
    await using source = await place(
      db,
      `CREATE TABLE note(id int, body text); INSERT INTO note VALUES (1, E'a\\n\\\\.\\nb'), (2, E'\\\\.\\r\\n\\\\.\\r\\n"\\n\\\\.'), (3, E'\\n\\\\.');
       CREATE TABLE lone(body text); INSERT INTO lone VALUES (E'\\\\.'), (E'\\n\\\\.\\n'), ('after')`,
    )
    await expectRoundTrips(source.database)
  })

  it('is rebuilt by psql without what the reading role could not read', async () => {
    await using source = await place(
      db,
      `CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE TABLE guarded(a int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; SELECT lo_from_bytea(55, 'x'), lo_from_bytea(56, 'y');
       CREATE ROLE narrow LOGIN; GRANT SELECT ON t, guarded TO narrow; GRANT SELECT ON LARGE OBJECT 56 TO narrow`,
    )
    const [bag, rebuilt] = [join(folder, 'narrow'), `${source.database}_psql`]
    const spec = { ...source.spec, url: source.spec.url.replace('//postgres@', '//narrow@') }
    const { losses } = await exportAll(spec, bag)
    expect(losses.map(({ item }) => item)).toEqual(['large-object/0000000055', 'table/public.guarded'])
    rebuiltByPsql(db, rebuilt, bag)
    const { rows } = await sql(db, rebuilt, 'SELECT a, lo_get(56)::text AS y FROM t')
    expect(rows).toEqual([{ a: 1, y: '\\x79' }])
  })

  it('is rebuilt by psql without what could not be read to its end; psql says what, and fails only then', async () => {
    await using source = await place(
      db,
      `CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE TABLE torn(a int); INSERT INTO torn VALUES (2);
       CREATE TABLE "torn'\n\`x\`"("a\n" int); INSERT INTO "torn'\n\`x\`" VALUES (3);
       SELECT lo_from_bytea(57, 'x'), lo_from_bytea(58, 'y'); UPDATE pg_largeobject SET data = repeat('x', 5000)::bytea WHERE loid = 57;
       UPDATE pg_class SET relfilenode = 4000000000 WHERE relname LIKE 'torn%'`,
    )
    const [bag, rebuilt] = [join(folder, 'torn'), `${source.database}_psql`]
    const { losses } = await exportAll(source.spec, bag)
    expect(losses.map(({ item }) => item)).toEqual([
      'large-object/0000000057',
      'table/public."torn\'\n`x`"',
      'table/public.torn',
    ])
    const { status, stderr } = runPsql(db, rebuilt, bag)
    expect(stderr.match(/^.*(?=: not here, left out$)|(?<=ERROR: +)rebuilt, but not whole/gm)).toEqual([
      expect.stringMatching(/^tables\/public\._torn.*\/datapackage\.json$/),
      'tables/public.torn/datapackage.json',
      'large-objects/57.sql',
      'rebuilt, but not whole',
    ])
    expect(status).toBe(3)
    const { rows } = await sql(
      db,
      rebuilt,
      'SELECT t.a, torn.a AS torn, lo_get(58)::text AS y FROM t LEFT JOIN torn ON true',
    )
    expect(rows).toEqual([{ a: 1, torn: null, y: '\\x79' }])
  })

  it('is equal whatever the order of the options of foreign servers', async () => {
    await using source = await place(
      db,
      `CREATE FOREIGN DATA WRAPPER w OPTIONS (z '1', a '2'); CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (port '1', host 'h', dbname 'd')`,
    )
    await expectRoundTrips(source.database)
  })

  it('holds no password of another system', async () => {
    await using source = await place(
      db,
      `CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE TABLE t(a int);
       CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'u', password 'open-sesame'); COMMENT ON SERVER s IS 'other'`,
    )
    const { entries, losses, items } = await exportAll(source.spec, join(folder, 'mapping'))
    expect(losses).toEqual([
      { item: 'definition/user-mapping/s.public', lost: expect.stringContaining('secret') as string },
    ])
    const texts = await Promise.all(entries.map((entry) => Array.fromAsync(entry.content())))
    expect(Buffer.concat(texts.flat()).toString()).not.toMatch(/sesame|USER MAPPING/)
    rebuiltByPsql(db, `${source.database}_psql`, join(folder, 'mapping'))
    const known = items.filter(({ lost }) => lost === undefined)
    expect(await compare(specOf(db, `${source.database}_psql`), known)).toEqual([])
  })

  it('given up, takes away the roles that it made, and no other', async () => {
    const found = "SELECT rolname FROM pg_roles WHERE rolname IN ('made_here', 'of_somebody') ORDER BY 1"
    await using source = await place(
      db,
      "CREATE ROLE made_here VALID UNTIL $$infinity$$; COMMENT ON ROLE made_here IS $$it's$$; CREATE TABLE t(a int); ALTER TABLE t OWNER TO made_here",
    )
    const { entries } = await exportAll(source.spec, join(folder, 'given-up'))
    await sql(db, source.database, 'DROP OWNED BY made_here; DROP ROLE made_here')
    {
      await using restorer = await postgresConnector.restore(specOf(db, `${source.database}_2`), signal)
      const roles = entries.find(({ path }) => path.includes('1-roles')) as RestoredEntry
      await restorer.accept(roles, signal)
      await sql(db, 'postgres', 'CREATE ROLE of_somebody')
      expect((await sql(db, 'postgres', found)).rows).toHaveLength(2)
    }
    expect((await sql(db, 'postgres', found)).rows).toEqual([{ rolname: 'of_somebody' }])
  })

  it('makes materialised views over foreign tables and by dblink without their rows, and says so', async () => {
    await using source = await place(db, 'CREATE TABLE near(a int); INSERT INTO near VALUES (1)')
    await sql(
      db,
      source.database,
      `CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${db.host}', port '${db.port}', dbname '${source.database}');
       CREATE USER MAPPING FOR ${db.user} SERVER s; CREATE TABLE part(a int) PARTITION BY LIST (a);
       CREATE FOREIGN TABLE far PARTITION OF part FOR VALUES IN (1) SERVER s OPTIONS (table_name 'near'); CREATE VIEW over AS SELECT * FROM part; CREATE MATERIALIZED VIEW "Kept" AS SELECT * FROM over; CREATE MATERIALIZED VIEW again AS SELECT * FROM "Kept"; CREATE UNIQUE INDEX ON again(a); CREATE FUNCTION reads() RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC SELECT a FROM far; END; CREATE MATERIALIZED VIEW parsed AS SELECT * FROM reads(); CREATE EXTENSION dblink; CREATE MATERIALIZED VIEW linked AS SELECT * FROM dblink('s', 'SELECT a FROM near') AS t(a int);
       CREATE MATERIALIZED VIEW own AS SELECT * FROM near`,
    )
    await sql(db, source.database, "ALTER SERVER s OPTIONS (SET port '1')")
    const bag = join(folder, 'foreign')
    const exported = await exportAll(source.spec, bag)
    expect(exported.losses.map(({ item }) => item)).toEqual([
      'definition/user-mapping/s.postgres',
      'foreign-table/public.far',
      'materialized-view/public."Kept"',
      'materialized-view/public.again',
      'materialized-view/public.linked',
      'materialized-view/public.parsed',
    ])
    await restore(exported, specOf(db, `${source.database}_ours`))
    rebuiltByPsql(db, `${source.database}_psql`, bag)
    const known = exported.items.filter(({ lost }) => lost === undefined)
    for (const copy of ['ours', 'psql']) {
      expect(await compare(specOf(db, `${source.database}_${copy}`), known)).toEqual([])
      expect((await sql(db, `${source.database}_${copy}`, 'SELECT a FROM own')).rows).toEqual([{ a: 1 }])
    }
  })

  /** What only an extension's own script may say is written into the catalogue. */
  const declare = (relation: string, condition: string): string =>
    `UPDATE pg_extension SET extconfig = ARRAY['${relation}'::regclass::oid], extcondition = ARRAY['${condition}'] WHERE extname = 'plpgsql'`

  it('has the state of the sequences that an extension declares as the user’s', async () => {
    await using source = await place(
      db,
      `CREATE SEQUENCE jobs START 5; CREATE SEQUENCE inner_one; SELECT nextval('jobs'); ALTER EXTENSION plpgsql ADD SEQUENCE jobs;
       ALTER EXTENSION plpgsql ADD SEQUENCE inner_one; ${declare('jobs', '')}`,
    )
    const { items } = await exportAll(source.spec, join(folder, 'extension'))
    expect(items.filter(({ kind }) => kind === 'sequence-value')).toMatchObject([
      { id: 'sequence/public.jobs', attributes: { last: '5', called: true } },
    ])
  })

  it('has only the user’s rows of a large table of an extension', async () => {
    await using source = await place(
      db,
      `CREATE TABLE settings(id int, own text); INSERT INTO settings SELECT i, repeat(md5(i::text), 100) FROM generate_series(1, 1000) i;
       ALTER EXTENSION plpgsql ADD TABLE settings; ${declare('settings', 'WHERE id > 400')}`,
    )
    const { items, entries } = await exportAll(source.spec, join(folder, 'settings'))
    expect(items.find(({ id }) => id === 'table/public.settings')?.count).toBe(600)
    const parts = entries.filter(({ path }) => path.endsWith('.csv'))
    const texts = await Promise.all(parts.map((entry) => Array.fromAsync(entry.content())))
    expect(Buffer.concat(texts.flat()).toString().trim().split('\n')).toHaveLength(601)
  })

  it('names the roles that have nothing in it but a setting', async () => {
    await using source = await place(
      db,
      `CREATE ROLE tuned; DO $$ BEGIN EXECUTE format('ALTER ROLE tuned IN DATABASE %I SET work_mem = ''9MB''', current_database()); END $$`,
    )
    const { items } = await expectRoundTrips(source.database)
    expect(items.map(({ id }) => id)).toContain('role/tuned')
  })

  it('has the logins that may do something in it by a group role alone, and nothing of what they are elsewhere', async () => {
    await using source = await place(
      db,
      `CREATE TABLE t(a int); CREATE ROLE carers; CREATE ROLE shift; CREATE ROLE nurse LOGIN; CREATE ROLE chief SUPERUSER LOGIN;
       CREATE ROLE auditor LOGIN; CREATE ROLE of_others; GRANT SELECT ON t TO carers; GRANT carers TO shift, chief; GRANT shift TO nurse;
       GRANT pg_read_all_data TO carers, auditor, nurse; GRANT of_others TO nurse`,
    )
    const { items, entries } = await expectRoundTrips(source.database)
    const roles = items.map(({ id }) => id).filter((id) => id.startsWith('role/'))
    expect(roles).toEqual(['role/carers', 'role/nurse', `role/${db.user}`, 'role/shift'])
    const script = entries.find(({ path }) => path === 'data/definitions/1-roles.sql')
    const text = Buffer.concat(await Array.fromAsync(script?.content() ?? each([]))).toString()
    expect(text.match(/^GRANT .*$/gm)).toEqual([
      'GRANT "pg_read_all_data" TO "carers";',
      'GRANT "shift" TO "nurse";',
      'GRANT "carers" TO "shift";',
    ])
    // Whoever destroys is made a member of the owner after the last package: that is no change of what was delivered.
    await sql(db, 'postgres', 'CREATE ROLE late LOGIN; GRANT carers TO late; ALTER ROLE nurse NOLOGIN')
    await using watcher = await postgresConnector.watch(source.spec, signal)
    expect(await Array.fromAsync(watcher.differences(each(items), signal))).toEqual([])
    expect(await compare(specOf(db, `${source.database}_ours`), items)).toEqual([
      { item: 'role/nurse', change: 'changed' },
    ])
  })

  it('says which labels and rights on settings of the server are not delivered, and is rebuilt without their module', async () => {
    await using source = await place(
      db,
      `CREATE TABLE labelled(a int); CREATE ROLE tuner; CREATE ROLE of_elsewhere; GRANT SELECT ON labelled TO tuner;
       GRANT SET ON PARAMETER log_min_messages TO tuner, of_elsewhere; INSERT INTO pg_seclabel VALUES ('labelled'::regclass, 'pg_class'::regclass, 0, 'masks', 'secret');
       INSERT INTO pg_shseclabel VALUES ('tuner'::regrole, 'pg_authid'::regclass, 'of roles', 'x'), ('of_elsewhere'::regrole, 'pg_authid'::regclass, 'of others', 'x')`,
    )
    const bag = join(folder, 'labels')
    const { items, losses } = await exportAll(source.spec, bag)
    expect(losses.map(({ item }) => item)).toEqual([
      'definition/parameter-grant/tuner.log_min_messages.set',
      'definition/security-labels/"of roles"',
      'definition/security-labels/masks',
    ])
    rebuiltByPsql(db, `${source.database}_psql`, bag)
    const known = items.filter(({ lost }) => lost === undefined)
    expect(await compare(specOf(db, `${source.database}_psql`), known)).toEqual([])
  })

  it('is a template where it was one, and is given up and destroyed all the same', async () => {
    await using source = await place(db, 'CREATE TABLE t(a int)')
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} IS_TEMPLATE true CONNECTION LIMIT 7`)
    const { entries, items } = await expectRoundTrips(source.database)
    await sql(db, 'postgres', `ALTER DATABASE ${source.database}_ours IS_TEMPLATE false`)
    expect(await compare(specOf(db, `${source.database}_ours`), items)).toEqual([
      { item: 'database', change: 'changed' },
    ])
    const made = "SELECT datname FROM pg_database WHERE datname LIKE 'restitute%'"
    {
      await using restorer = await postgresConnector.restore(specOf(db, `${source.database}_2`), signal)
      for (const name of ['1-roles', '2-create-database', '5-database']) {
        const script = entries.find(({ path }) => path.includes(name)) as RestoredEntry
        await restorer.accept(script, signal)
      }
      expect((await sql(db, 'postgres', made)).rows).toHaveLength(1)
    }
    expect((await sql(db, 'postgres', made)).rows).toEqual([])
    for (const database of [source.database, `${source.database}_ours`, `${source.database}_psql`]) {
      await using destroyer = await postgresConnector.destroyer(specOf(db, database), signal)
      await Array.fromAsync(destroyer.destroy(signal))
    }
  })

  it('is rebuilt although an event trigger of it allows no more definitions', async () => {
    await using source = await place(
      db,
      `SELECT lo_from_bytea(77, 'abc'), lo_create(78); COMMENT ON LARGE OBJECT 77 IS 'scan'; GRANT SELECT ON LARGE OBJECT 77 TO PUBLIC;
       CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE FUNCTION more(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i + 1'; CREATE INDEX ON t(more(a)); CREATE MATERIALIZED VIEW seen AS SELECT more(a) FROM t;
       CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$;
       CREATE EVENT TRIGGER frozen ON ddl_command_start EXECUTE FUNCTION refuse(); COMMENT ON EVENT TRIGGER frozen IS 'why'`,
    )
    await expectRoundTrips(source.database)
  })

  it.each(['LATIN1', 'SQL_ASCII'])('carries a database of encoding %s', async (encoding) => {
    const name = `encoded_${encoding.toLowerCase()}`
    await sql(
      db,
      'postgres',
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`,
    )
    const value =
      encoding === 'LATIN1' ? "convert_from('\\xe9', 'LATIN1')" : "convert_from('\\xe9ff41', 'SQL_ASCII')"
    await sql(db, name, `CREATE TABLE t(a text); INSERT INTO t VALUES (${value})`)
    await expectRoundTrips(name)
  })
})

describe.skipIf(!server || !psql)('a database of no known encoding', () => {
  const db = server as NonNullable<typeof server>
  const execute = (text: string): string =>
    `DO $$ BEGIN EXECUTE convert_from('\\x${Buffer.from(text, 'latin1').toString('hex')}', 'SQL_ASCII'); END $$`

  it('has its definitions carried byte by byte, and told apart', async () => {
    await sql(
      db,
      'postgres',
      "CREATE DATABASE raw_bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    const made = `CREATE TYPE sex AS ENUM ('f\xe9minin'); CREATE TABLE t(a text DEFAULT 'caf\xe9' CHECK (a <> '\xe8'), b sex);
      INSERT INTO t VALUES ('x', 'f\xe9minin'); CREATE INDEX i ON t(a) WHERE a <> '\xea'; COMMENT ON TABLE t IS '\xe0'`
    await sql(db, 'raw_bytes', execute(made))
    const { items } = await roundTripped(db, 'raw_bytes', join(folder, 'raw'))
    const bytes = async (name: string): Promise<unknown> =>
      (
        await sql(
          db,
          name,
          `SELECT encode(convert_to(pg_get_expr(adbin, adrelid) || obj_description(adrelid) || (SELECT pg_get_indexdef('i'::regclass)) ||
             (SELECT string_agg(b::text, '') FROM t), 'SQL_ASCII'), 'hex') AS bytes FROM pg_attrdef`,
        )
      ).rows
    for (const copy of ['ours', 'psql'])
      expect(await bytes(`raw_bytes_${copy}`)).toEqual(await bytes('raw_bytes'))
    await sql(db, 'raw_bytes_ours', execute("ALTER TABLE t ALTER a SET DEFAULT 'caf\xe8'"))
    expect(await compare(specOf(db, 'raw_bytes_ours'), items)).toContainEqual({
      item: 'definition/table/public.t',
      change: 'changed',
    })
  })
})

describe.skipIf(!newest)('a server newer than every pg_dump here', () => {
  it('has its rows delivered, and its definitions stated as lost before the export begins', async () => {
    const db = newest as NonNullable<typeof newest>
    await using source = await place(
      db,
      `CREATE TABLE patient(name text); INSERT INTO patient VALUES ('Ann'); CREATE ROLE ward;
       CREATE ROLE clerk VALID UNTIL '2030-01-01 00:00Z'; CREATE ROLE nurse; COMMENT ON ROLE clerk IS 'who writes';
       GRANT ward TO clerk WITH ADMIN OPTION, INHERIT FALSE, SET FALSE; GRANT ward TO nurse; GRANT SELECT ON patient TO clerk, nurse`,
    )
    const { items, entries, losses } = await exportAll(source.spec, join(folder, 'newest'))
    const definitions = items.find(({ id }) => id === 'definitions')
    expect(definitions?.lost).toMatch(/^no pg_dump of version 18 or newer on this machine/)
    expect(losses).toEqual([{ item: 'definitions', lost: definitions?.lost }])
    const roles = entries.find(({ path }) => path === 'data/definitions/1-roles.sql')
    const rolesScript = Buffer.concat(await Array.fromAsync(roles?.content() ?? each([]))).toString()
    expect(rolesScript).toMatch(/^GRANT "ward" TO "clerk" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;$/m)
    expect(rolesScript).toMatch(/^GRANT "ward" TO "nurse";$/m)
    expect(rolesScript).toContain("VALID UNTIL ''''2030-01-01 00:00:00+00''''")
    expect(rolesScript).toContain(`COMMENT ON ROLE "clerk" IS ''''who writes''''`)
    const rows = entries.find(({ path }) => path === 'data/tables/public.patient/000001-000001.csv')
    expect(Buffer.concat(await Array.fromAsync(rows?.content() ?? each([]))).toString()).toBe('name\n"Ann"\n')
    const known = items.filter(({ lost }) => lost === undefined)
    expect(await compare(source.spec, known)).toEqual([{ change: 'new', item: 'definitions' }])
  })
})
