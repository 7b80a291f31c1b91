import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, rebuiltByPsql, restore, roundTripped } from './carry.ts'
import { place, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-defined-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

const ofCube = `CREATE EXTENSION cube; CREATE TABLE t(a int); CREATE INDEX i ON t(a); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
       CREATE MATERIALIZED VIEW m AS SELECT a FROM t`

describe.skipIf(!server || !psql)('a database', () => {
  const db = server as NonNullable<typeof server>
  let made = 0

  it.each([
    [
      'a collation is a copy of one that serves every encoding',
      'CREATE COLLATION plain FROM "C"; CREATE TABLE t(a text COLLATE plain)',
    ],
    [
      'texts are cast to truth values by a function of its own',
      `CREATE FUNCTION heard(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 IS NULL'; CREATE FUNCTION said(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT $1 = 'oui' OR heard($1) $$;
       CREATE CAST (text AS boolean) WITH FUNCTION said(text) AS ASSIGNMENT; CREATE TABLE t(a boolean); INSERT INTO t VALUES ('oui'::text), (true); SELECT lo_from_bytea(79, 'x')`,
    ],
    [
      'a view has options beside its check',
      'CREATE TABLE t(a int); CREATE VIEW v WITH (check_option = cascaded, security_barrier) AS SELECT * FROM t WHERE a > 0',
    ],
    [
      'casts are by functions that lie among those of the server',
      `CREATE FUNCTION pg_catalog.text(integer) RETURNS text STRICT IMMUTABLE LANGUAGE sql AS 'SELECT textin(int4out($1))'; CREATE CAST (integer AS text) WITH FUNCTION pg_catalog.text(integer) AS IMPLICIT;
       CREATE FUNCTION pg_catalog."Of Ours"() RETURNS void LANGUAGE plpgsql AS 'BEGIN RETURN; END'; CREATE TABLE t(a int, b text); INSERT INTO t VALUES (1, '1'); CREATE VIEW v AS SELECT * FROM t WHERE a = b`,
    ],
    [
      'a policy is for several roles, named otherwise than in the order of their numbers',
      `CREATE ROLE of_policy_b; CREATE ROLE of_policy_c; CREATE ROLE of_policy_a; CREATE TABLE t(a int);
       CREATE POLICY p ON t TO of_policy_a, of_policy_c, of_policy_b USING (true); CREATE POLICY q ON t TO of_policy_c, of_policy_b, of_policy_a USING (true)`,
    ],
    [
      'rows are partitioned by a hash that no other server computes alike',
      `CREATE TYPE sex AS ENUM ('female', 'male', 'other', 'unknown'); CREATE TABLE p(id int, sex sex, twice int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY LIST ((id % 2));
       CREATE TABLE p0 PARTITION OF p FOR VALUES IN (0); CREATE TABLE p1 PARTITION OF p DEFAULT PARTITION BY HASH (sex); CREATE TABLE "p\n1a" PARTITION OF p1 FOR VALUES WITH (MODULUS 3, REMAINDER 0);
       CREATE TABLE p1b PARTITION OF p1 FOR VALUES WITH (MODULUS 3, REMAINDER 1); CREATE TABLE p1c PARTITION OF p1 FOR VALUES WITH (MODULUS 3, REMAINDER 2) PARTITION BY HASH (sex, id);
       CREATE TABLE p1c0 PARTITION OF p1c FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE p1c1 PARTITION OF p1c FOR VALUES WITH (MODULUS 2, REMAINDER 1);
       INSERT INTO p(id, sex) SELECT i, (enum_range(NULL::sex))[1 + i % 4] FROM generate_series(1, 300) i; CREATE INDEX ON p(sex);
       CREATE TABLE large(sex sex, note text) PARTITION BY HASH (sex); CREATE TABLE large_0 PARTITION OF large FOR VALUES WITH (MODULUS 2, REMAINDER 0);
       CREATE TABLE large_1 PARTITION OF large FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO large SELECT (enum_range(NULL::sex))[1 + i % 4], repeat('x', 500) FROM generate_series(1, 6000) i`,
    ],
    [
      'the default of a domain names a thing of its own schema',
      `CREATE TYPE mood AS ENUM ('calm', 'tense'); CREATE DOMAIN felt AS mood DEFAULT 'calm'; CREATE TABLE t(felt felt); INSERT INTO t DEFAULT VALUES`,
    ],
  ])('comes back equal where %s', async (_, fill) => {
    await using source = await place(db, fill)
    const { losses } = await roundTripped(db, source.database, join(folder, `bag-${++made}`))
    expect(losses).toEqual([])
  })

  it.each([
    [
      'the options of the index of a constraint',
      'CREATE TABLE t(a int PRIMARY KEY WITH (fillfactor = 70))',
      'ALTER INDEX t_pkey SET (fillfactor = 80)',
      { item: 'definition/constraint/public.t.t_pkey', change: 'changed' },
    ],
    [
      'the comment on the index of a constraint',
      `CREATE TABLE t(a int UNIQUE); COMMENT ON INDEX t_a_key IS 'why'`,
      `COMMENT ON INDEX t_a_key IS 'because'`,
      { item: 'definition/constraint/public.t.t_a_key', change: 'changed' },
    ],
    [
      'whether the trigger of a partition is in force',
      `CREATE TABLE p(a int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
       CREATE TRIGGER audited BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE p1 DISABLE TRIGGER audited`,
      'ALTER TABLE p1 ENABLE TRIGGER audited',
      { item: 'definition/trigger/public.p1.audited', change: 'removed' },
    ],
    [
      'the comment on a check of a domain',
      `CREATE DOMAIN positive AS int CONSTRAINT more CHECK (VALUE > 0); COMMENT ON CONSTRAINT more ON DOMAIN positive IS 'why'`,
      `COMMENT ON CONSTRAINT more ON DOMAIN positive IS 'because'`,
      { item: 'definition/domain/public.positive', change: 'changed' },
    ],
    [
      'that a function goes with an extension',
      `${ofCube}; ALTER FUNCTION f() DEPENDS ON EXTENSION cube`,
      'ALTER FUNCTION f() NO DEPENDS ON EXTENSION cube',
      { item: 'definition/function/public."f()"', change: 'changed' },
    ],
    [
      'that an index goes with an extension',
      `${ofCube}; ALTER INDEX i DEPENDS ON EXTENSION cube`,
      'ALTER INDEX i NO DEPENDS ON EXTENSION cube',
      { item: 'definition/index/public.i', change: 'changed' },
    ],
    [
      'that a trigger goes with an extension',
      `${ofCube}; ALTER TRIGGER g ON t DEPENDS ON EXTENSION cube`,
      'ALTER TRIGGER g ON t NO DEPENDS ON EXTENSION cube',
      { item: 'definition/trigger/public.t.g', change: 'changed' },
    ],
    [
      'that a materialised view goes with an extension',
      `${ofCube}; ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION cube`,
      'ALTER MATERIALIZED VIEW m NO DEPENDS ON EXTENSION cube',
      { item: 'definition/materialized-view/public.m', change: 'changed' },
    ],
    [
      'the comment on a cast',
      `CREATE CAST (varchar AS uuid) WITH INOUT; COMMENT ON CAST (varchar AS uuid) IS 'why'`,
      `COMMENT ON CAST (varchar AS uuid) IS 'because'`,
      { item: 'definition/cast/"character varying as uuid"', change: 'changed' },
    ],
    [
      'what checks the options of a foreign data wrapper',
      'CREATE FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator',
      'ALTER FOREIGN DATA WRAPPER w NO VALIDATOR',
      { item: 'definition/foreign-data-wrapper/w', change: 'changed' },
    ],
    [
      'the delimiter of a base type',
      `CREATE TYPE base; CREATE FUNCTION base_in(cstring) RETURNS base IMMUTABLE STRICT LANGUAGE internal AS 'textin'; CREATE FUNCTION base_out(base) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
       CREATE TYPE base (INPUT = base_in, OUTPUT = base_out, DELIMITER = ';', COLLATABLE = true)`,
      `UPDATE pg_type SET typdelim = ',' WHERE typname = 'base'`,
      { item: 'definition/type/public.base', change: 'changed' },
    ],
    [
      'the comment on an extension',
      `COMMENT ON EXTENSION plpgsql IS 'everywhere'; CREATE EXTENSION cube; COMMENT ON EXTENSION cube IS 'why'`,
      `COMMENT ON EXTENSION cube IS 'because'`,
      { item: 'definition/extension/cube', change: 'changed' },
    ],
    [
      'the collation of a domain',
      'CREATE DOMAIN code AS text COLLATE "C"',
      'DROP DOMAIN code; CREATE DOMAIN code AS text COLLATE "POSIX"',
      { item: 'definition/domain/public.code', change: 'changed' },
    ],
    [
      'the collation within a composite type',
      'CREATE TYPE named AS (name text COLLATE "C")',
      'ALTER TYPE named ALTER ATTRIBUTE name TYPE text COLLATE "POSIX"',
      { item: 'definition/composite/public.named', change: 'changed' },
    ],
    [
      'the schema of the collation of a column',
      `CREATE SCHEMA s; CREATE COLLATION usual (LOCALE = 'C'); CREATE COLLATION s.usual (LOCALE = 'POSIX'); CREATE TABLE t(a text COLLATE usual)`,
      'ALTER TABLE t ALTER a TYPE text COLLATE s.usual',
      { item: 'definition/table/public.t', change: 'changed' },
    ],
  ])('that differs in %s is told apart', async (_, fill, differing, difference) => {
    await using source = await place(db, fill)
    const { items } = await roundTripped(db, source.database, join(folder, `bag-${++made}`))
    await sql(db, `${source.database}_psql`, differing)
    expect(await compare(specOf(db, `${source.database}_psql`), items)).toEqual([difference])
  })

  it('comes back equal where several roles have the same setting in it', async () => {
    await using source = await place(db, 'CREATE ROLE set_a; CREATE ROLE set_b; CREATE TABLE t(a int)')
    for (const [role, setting] of [
      ['set_a', "search_path = 'clinic'"],
      ['set_a', "work_mem = '5MB'"],
      ['set_b', "search_path = 'clinic'"],
    ])
      await sql(db, 'postgres', `ALTER ROLE ${role} IN DATABASE ${source.database} SET ${setting}`)
    const { losses } = await roundTripped(db, source.database, join(folder, `bag-${++made}`))
    expect(losses).toEqual([])
  })

  it('has rows of materialised views that nothing could fill again stated as lost, and the others come back', async () => {
    await using source = await place(
      db,
      `CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE MATERIALIZED VIEW base AS SELECT a FROM t; CREATE VIEW between AS SELECT a FROM base;
       CREATE MATERIALIZED VIEW z AS SELECT a FROM between; CREATE MATERIALIZED VIEW a_over AS SELECT a FROM z; CREATE MATERIALIZED VIEW fine AS SELECT a FROM t;
       CREATE MATERIALIZED VIEW m_over AS SELECT a FROM a_over; REFRESH MATERIALIZED VIEW base WITH NO DATA`,
    )
    const exported = await exportAll(source.spec, join(folder, `bag-${++made}`))
    const lost = expect.stringContaining('holds no rows') as string
    const views = ['a_over', 'm_over', 'z'].map((name) => `materialized-view/public.${name}`)
    expect(exported.losses).toEqual(views.map((item) => ({ item, lost })))
    const known = exported.items.filter((one) => one.lost === undefined)
    await restore({ ...exported, items: known }, specOf(db, `${source.database}_ours`))
    rebuiltByPsql(db, `${source.database}_psql`, join(folder, `bag-${made}`))
    for (const copy of ['ours', 'psql'])
      expect(await compare(specOf(db, `${source.database}_${copy}`), known)).toEqual([])
  })
})
