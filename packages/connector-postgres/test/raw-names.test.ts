import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, restore, roundTripped } from './carry.ts'
import { specOf, sql } from './support.ts'

const server = havePrograms('psql') ? await startPostgres('system') : undefined
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-raw-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

const execute = (text: string): string =>
  `DO $$ BEGIN EXECUTE convert_from('\\x${Buffer.from(text, 'latin1').toString('hex')}', 'SQL_ASCII'); END $$`

/** What may have a name, each with bytes that are no UTF-8; two names that look the same to whoever takes such bytes for one. */
const made = `CREATE TABLE d\xe9c\xe8s(a int PRIMARY KEY, \xe2ge int GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO d\xe9c\xe8s VALUES (1);
  CREATE TABLE "d\\xE9c\\xE8s"(a int); INSERT INTO "d\\xE9c\\xE8s" VALUES (4);
  CREATE TABLE d\xe8c\xe9s(a int REFERENCES d\xe9c\xe8s); INSERT INTO d\xe8c\xe9s VALUES (1); CREATE TABLE \xc3\xa9t\xc3\xa9(a int); INSERT INTO \xc3\xa9t\xc3\xa9 VALUES (2);
  CREATE SCHEMA h\xf4pital; CREATE TYPE h\xf4pital.unit\xe9 AS ENUM ('\xe9tage', 'aile'); CREATE SEQUENCE num\xe9ro; SELECT setval('num\xe9ro', 7);
  CREATE TABLE h\xf4pital."s\xe9jour\n"("entr\xe9e\n" int DEFAULT nextval('num\xe9ro'), o\xf9 h\xf4pital.unit\xe9, quoi regclass);
  INSERT INTO h\xf4pital."s\xe9jour\n"(o\xf9, quoi) VALUES ('\xe9tage', 'd\xe9c\xe8s'), (NULL, 'd\xe9c\xe8s_pkey'); CREATE INDEX cl\xe9 ON h\xf4pital."s\xe9jour\n"(o\xf9) WHERE o\xf9 > '\xe9tage';
  CREATE FUNCTION \xe2ge(ann\xe9e int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT ann\xe9e + 1'; CREATE INDEX par_\xe2ge ON d\xe8c\xe9s(\xe2ge(a)); CREATE VIEW r\xe9sum\xe9 AS SELECT "entr\xe9e\n" AS num\xe9ro FROM h\xf4pital."s\xe9jour\n";
  CREATE MATERIALIZED VIEW fig\xe9 AS SELECT \xe2ge(a) FROM d\xe8c\xe9s; COMMENT ON COLUMN d\xe9c\xe8s.\xe2ge IS 'ann\xe9es'; CREATE DOMAIN \xe9v\xe9nement AS text CHECK (VALUE <> '\xe9')`

describe.skipIf(!server)('a database of no known encoding', () => {
  const db = server as NonNullable<typeof server>
  it('is carried whole, where names have such bytes: by ours and by psql alone; a change is seen', async () => {
    await sql(
      db,
      'postgres',
      "CREATE DATABASE raw_names TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    await sql(db, 'raw_names', execute(made))
    const exported = await roundTripped(db, 'raw_names', join(folder, 'raw-names'))
    const rows = exported.items.filter(({ kind }) => kind === 'table').map(({ id, count }) => [id, count])
    expect(rows).toEqual([
      ['table/"h\\xF4pital"."s\\xE9jour\n"', 2],
      ['table/public."d\\xE8c\\xE9s"', 1],
      ['table/public."d\\xE9c\\xE8s (2)"', 1],
      ['table/public."d\\xE9c\\xE8s"', 1],
      ['table/public."été"', 1],
    ])
    const names = `SELECT string_agg(encode(convert_to(n.nspname || '.' || c.relname || '.' || coalesce(a.attname, ''), 'SQL_ASCII'), 'hex'), ' ' ORDER BY n.nspname, c.relname, a.attname) AS names
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
      WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')`
    const source = (await sql(db, 'raw_names', names)).rows
    for (const copy of ['ours', 'psql'])
      expect((await sql(db, `raw_names_${copy}`, names)).rows).toEqual(source)
    expect(await compare(specOf(db, 'raw_names'), exported.items)).toEqual([])
    await sql(db, 'raw_names', execute('UPDATE d\xe8c\xe9s SET a = NULL'))
    const changed = await compare(specOf(db, 'raw_names'), exported.items)
    expect(changed).toEqual([{ item: 'table/public."d\\xE8c\\xE9s"', change: 'changed' }])
  })
})

describe.skipIf(!server)('roles whose names are no UTF-8', () => {
  const db = server as NonNullable<typeof server>

  it('are made again where the database that is entered first has no encoding, either', async () => {
    for (const name of ['raw_home', 'raw_roles'])
      await sql(
        db,
        'postgres',
        `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'`,
      )
    const made = `CREATE ROLE infirmi\xe8re; CREATE TABLE t(a int); ALTER TABLE t OWNER TO infirmi\xe8re; GRANT CONNECT ON DATABASE raw_roles TO infirmi\xe8re`
    await sql(db, 'raw_roles', execute(made))
    const spec = specOf(db, 'raw_roles_ours', '?maintenance=raw_home')
    const exported = await exportAll(specOf(db, 'raw_roles'), join(folder, 'raw-roles'))
    const away =
      'ALTER TABLE t OWNER TO CURRENT_USER; REVOKE ALL ON DATABASE raw_roles FROM infirmi\xe8re; DROP ROLE infirmi\xe8re'
    await sql(db, 'raw_roles', execute(away))
    await restore(exported, spec)
    expect(exported.items.map(({ id }) => id)).toContain('role/"infirmi\\xE8re"')
    expect(await compare(spec, exported.items)).toEqual([])
  })
})

describe.skipIf(!server)('a byte for which the encoding of a database has no character', () => {
  const db = server as NonNullable<typeof server>
  const odd = (name: string, statement: string): Promise<unknown> =>
    sql(db, name, `DO $$ BEGIN EXECUTE ${statement}; END $$`)

  it('is what a table is lost by, and an export is refused by, and not a number alone', async () => {
    await sql(
      db,
      'postgres',
      "CREATE DATABASE western TEMPLATE template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    await sql(db, 'western', 'CREATE TABLE t(a text)')
    await odd('western', "'INSERT INTO t VALUES (chr(129))'")
    const { losses } = await exportAll(specOf(db, 'western'), join(folder, 'western'))
    const lost = 'a text holds a byte for which its encoding has no character (22P05)'
    expect(losses).toEqual([{ item: 'table/public.t', lost }])
    await odd('western', "'COMMENT ON TABLE t IS ' || quote_literal(chr(129))")
    await expect(exportAll(specOf(db, 'western'), join(folder, 'western'))).rejects.toMatchObject({
      message: expect.stringContaining(lost) as string,
      hint: expect.stringContaining('a comment') as string,
    })
  })
})
