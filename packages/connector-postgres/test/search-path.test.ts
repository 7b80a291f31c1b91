import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, rebuiltByPsql, restore, roundTripped } from './carry.ts'
import { place, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-path-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

// As people write them: nothing is named with its schema.
const fill = `CREATE SCHEMA words; CREATE TABLE words.stop(word text PRIMARY KEY); INSERT INTO words.stop VALUES ('de');
  CREATE FUNCTION words.plain(t text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT lower(t)';
  SET search_path = words, public;
  CREATE FUNCTION "Sans accent"(t text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT plain(t)';
  CREATE FUNCTION words.heavy(w numeric) RETURNS boolean IMMUTABLE LANGUAGE plpgsql SET work_mem = '8MB' AS 'BEGIN RETURN plain(w::text)::numeric > 100; END';
  CREATE FUNCTION stops() RETURNS bigint STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM stop); END';
  CREATE FUNCTION undeclared(t text) RETURNS text LANGUAGE sql AS 'SELECT plain(t)';
  CREATE DOMAIN public.light AS numeric CHECK (NOT heavy(VALUE));
  CREATE TABLE public.patient(id int PRIMARY KEY, name text CHECK (plain(name) <> ''), key text GENERATED ALWAYS AS ("Sans accent"(name)) STORED, kg light);
  CREATE INDEX by_name ON public.patient("Sans accent"(name)); CREATE INDEX undeclared ON public.patient(undeclared(name)); INSERT INTO public.patient VALUES (1, 'Abel', DEFAULT, 3.5), (2, 'ABC', DEFAULT, NULL);
  CREATE MATERIALIZED VIEW public.counted AS SELECT stops() AS stops`

describe.skipIf(!server || !psql)('functions that name things without their schema', () => {
  const db = server as NonNullable<typeof server>
  const expectCarried = (name: string): Promise<unknown> => roundTripped(db, name, join(folder, name))

  it('do not keep a database from being rebuilt, and come back as they were', async () => {
    await using source = await place(db, fill)
    await roundTripped(db, source.database, join(folder, 'bag'))
    for (const end of ['ours', 'psql']) {
      const back = `${source.database}_${end}`
      const settings = 'SELECT proconfig FROM pg_proc WHERE oid >= 16384 ORDER BY proname'
      expect((await sql(db, back, settings)).rows).toEqual((await sql(db, source.database, settings)).rows)
      const read = 'SET search_path = words, public; SELECT key, stops::int FROM patient, counted ORDER BY id'
      const results = (await sql(db, back, read)) as unknown as pg.QueryResult[]
      expect(results.at(-1)?.rows).toEqual([
        { key: 'abel', stops: 1 },
        { key: 'abc', stops: 1 },
      ])
    }
  })

  it('and neither does an empty path of the database and of roles', async () => {
    await using source = await place(
      db,
      `CREATE ROLE pathless; ALTER ROLE pathless SET search_path = '', public, 'a""b'; CREATE SCHEMA s AUTHORIZATION pathless; CREATE TABLE s.t(a text);
       CREATE FUNCTION s.low(t text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT lower(t)'; SET search_path = s; CREATE FUNCTION s.plain(t text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT low(t)';
       CREATE INDEX ON s.t(s.plain(a)); INSERT INTO s.t VALUES ('A')`,
    )
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} SET search_path = ''`)
    const exported = await exportAll(source.spec, join(folder, 'empty'))
    expect(exported.losses).toEqual([])
    await sql(db, source.database, 'DROP OWNED BY pathless CASCADE; DROP ROLE pathless')
    await restore(exported, specOf(db, `${source.database}_ours`))
    const { rows } = await sql(db, 'postgres', "SELECT rolconfig FROM pg_roles WHERE rolname = 'pathless'")
    expect(rows).toEqual([{ rolconfig: ['search_path="", public, "a""""b"'] }])
    rebuiltByPsql(db, `${source.database}_psql`, join(folder, 'empty'))
    for (const copy of ['ours', 'psql'])
      expect(await compare(specOf(db, `${source.database}_${copy}`), exported.items)).toEqual([])
  })

  // Several clinics in one database, each in a schema of its own.
  it('find what their own schema has first, and nothing of another clinic', async () => {
    const clinic = (name: string, rate: number): string =>
      `CREATE SCHEMA ${name}; SET search_path = ${name}, public; CREATE TABLE rate(of int); INSERT INTO rate VALUES (${rate});
       CREATE FUNCTION factor() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN ${rate}; END';
       CREATE FUNCTION charged(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN i * factor(); END';
       CREATE FUNCTION rates() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT min(of) FROM rate); END';
       CREATE TABLE bill(n int, due int GENERATED ALWAYS AS (charged(n)) STORED); INSERT INTO bill VALUES (1);
       CREATE MATERIALIZED VIEW seen AS SELECT rates() AS of`
    await using source = await place(db, `${clinic('clinic_a', 2)}; ${clinic('clinic_b', 3)}`)
    await expectCarried(source.database)
    for (const copy of ['ours', 'psql']) {
      const { rows } = await sql(
        db,
        `${source.database}_${copy}`,
        'SELECT due, of FROM clinic_b.bill, clinic_b.seen',
      )
      expect(rows).toEqual([{ due: 3, of: 3 }])
    }
  })

  it('although they are of an extension', async () => {
    await using source = await place(
      db,
      `CREATE EXTENSION cube; CREATE EXTENSION earthdistance; CREATE TABLE ward(id int, at point); INSERT INTO ward VALUES (1, '(2.35, 48.85)');
       CREATE INDEX near ON ward USING gist (ll_to_earth(at[1], at[0]))`,
    )
    await expectCarried(source.database)
  })

  it('and by which rows are partitioned, or of which there are statistics, keep no rows from being read', async () => {
    const shifted = `CREATE FUNCTION base() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 0';
      CREATE FUNCTION shifted(i int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT i + base()'`
    await using source = await place(
      db,
      `${shifted}; CREATE TABLE visit(day int, ward text) PARTITION BY RANGE (shifted(day)); CREATE TABLE early PARTITION OF visit FOR VALUES FROM (0) TO (9) PARTITION BY LIST (ward);
       CREATE TABLE early_a PARTITION OF early FOR VALUES IN ('a'); INSERT INTO visit VALUES (1, 'a');
       CREATE TABLE bed(id int, ward text); CREATE STATISTICS beds ON shifted(id), ward FROM bed; INSERT INTO bed VALUES (1, 'a')`,
    )
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} SET constraint_exclusion = on`)
    await expectCarried(source.database)
  })

  it('and that look at other tables in a check are named where they cannot be met', async () => {
    await using source = await place(
      db,
      `CREATE TABLE b(id int); INSERT INTO b VALUES (1); CREATE FUNCTION known(i int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM b WHERE id = i)';
       CREATE TABLE a(id int CONSTRAINT in_b CHECK (known(id))); INSERT INTO a VALUES (1)`,
    )
    const exported = await exportAll(source.spec, join(folder, 'check'))
    expect(exported.losses).toEqual([])
    await expect(restore(exported, specOf(db, `${source.database}_ours`))).rejects.toMatchObject({
      code: 'restore-failed',
      message: 'load data/tables/public.a/000001-000001.csv: SQLSTATE 23514, constraint in_b',
      hint: expect.stringContaining('looks at other tables') as string,
    })
  })
})
