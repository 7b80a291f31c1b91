import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAgain, exportAll, rebuiltByPsql, restore, roundTripped } from './carry.ts'
import { place, specOf, sql } from './support.ts'

const server = havePrograms('psql') ? await startPostgres('system') : undefined
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-naming-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

// What is no function of the server's, so that names have to be looked up in a schema.
const base = `CREATE SCHEMA "S é"; CREATE TABLE base(id int PRIMARY KEY, v text UNIQUE DEFERRABLE); CREATE INDEX base_v ON base(v);
  CREATE MATERIALIZED VIEW seen AS SELECT * FROM base; CREATE INDEX "Vu, ""mv""" ON seen(v); CREATE VIEW looked AS SELECT * FROM base;
  CREATE TABLE part(a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1); INSERT INTO base VALUES (1, 'x');
  CREATE FUNCTION "S é".f(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'; CREATE INDEX "S é i" ON base("S é".f(v)); REFRESH MATERIALIZED VIEW seen;`

describe.skipIf(!server)('values that name something', () => {
  const db = server as NonNullable<typeof server>

  it('come back where they name an index, by itself, in an array, a domain or a record, and so do defaults', async () => {
    await using source = await place(
      db,
      `${base} CREATE DOMAIN what AS regclass; CREATE TYPE pair AS (what what, n int);
       CREATE TABLE log(id int PRIMARY KEY, what regclass DEFAULT 'base_v'::regclass, many regclass[], domain what, pair pair, pairs pair[]);
       ALTER TABLE log ADD CONSTRAINT alone UNIQUE (id, what) DEFERRABLE;
       INSERT INTO log(id, what, many) VALUES (1, 'base_v', '{base_pkey,looked,base}'), (2, 'part_pkey', '{part1_pkey,base_v_key,NULL}'), (3, '"S é i"', '{alone}'), (4, '-', NULL), (5, 99999, '{}');
       INSERT INTO log(id, pair, pairs) VALUES (6, ROW('"Vu, ""mv"""'::regclass, 1), ARRAY[('base_v'::regclass, 2)::pair])`,
    )
    const { items } = await roundTripped(db, source.database, join(folder, 'index'))
    expect(items.find(({ id }) => id === 'table/public.log')).toMatchObject({ count: 6 })
  })

  it('come back where they name a role that nothing else does, which is delivered without what it is elsewhere', async () => {
    await sql(
      db,
      'postgres',
      'CREATE ROLE "Élu"; CREATE ROLE others; GRANT others TO "Élu"; CREATE ROLE beside',
    )
    await using source = await place(
      db,
      `CREATE TABLE by(who regrole, many regrole[]); INSERT INTO by VALUES ('"Élu"', '{postgres,"\\"Élu\\""}'), (0, NULL)`,
    )
    const exported = await exportAll(specOf(db, source.database), join(folder, 'role'))
    const roles = exported.items.filter(({ kind }) => kind === 'role').map(({ id }) => id)
    expect(roles).toEqual(['role/"Élu"', 'role/postgres'])
    const script = exported.entries.find(({ path }) => path.endsWith('1-roles.sql'))
    const text = Buffer.concat(await Array.fromAsync(script?.content() ?? [])).toString()
    expect(text).not.toMatch(/others|beside/)
    await restore(exported, specOf(db, `${source.database}_ours`))
    expect(await compare(specOf(db, `${source.database}_ours`), exported.items)).toEqual([])
  })

  it('are known to name an index in a second pass, too, of which nothing else is new', async () => {
    await using source = await place(db, `${base} CREATE TABLE log(what regclass)`)
    const [first, both] = [join(folder, 'first'), join(folder, 'both')]
    const before = await exportAll(source.spec, first)
    await sql(db, source.database, `INSERT INTO log VALUES ('base_v')`)
    const again = await exportAgain(before, first, source.spec, both)
    await restore(again, specOf(db, `${source.database}_ours`))
    expect(await compare(specOf(db, `${source.database}_ours`), again.items)).toEqual([])
    rebuiltByPsql(db, `${source.database}_psql`, both)
    expect(await compare(specOf(db, `${source.database}_psql`), again.items)).toEqual([])
  })

  it('are stated as lost where several functions have the name that they say, and the rest is rebuilt', async () => {
    await using source = await place(
      db,
      `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t(p regproc, o regoper); INSERT INTO t VALUES ('f', NULL), ('-', 0), (99999, NULL);
       CREATE TABLE fine(p regproc); INSERT INTO fine VALUES ('pg_sleep'), (0); CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    )
    const exported = await exportAll(source.spec, join(folder, 'ambiguous'))
    expect(exported.losses).toEqual([
      { item: 'table/public.t', lost: expect.stringContaining('column p') as string },
    ])
    const known = exported.items.filter(({ lost }) => lost === undefined)
    await restore({ ...exported, items: known }, specOf(db, `${source.database}_ours`))
    const found = await compare(specOf(db, `${source.database}_ours`), known)
    expect(found.filter(({ item }) => item !== 'table/public.t')).toEqual([])
  })

  it.each([
    [
      'several functions have the name in an array, a domain or a record',
      `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE DOMAIN what AS regproc; CREATE TYPE pair AS (what what, n int);
       CREATE TABLE a(p regproc[]); INSERT INTO a VALUES ('{f}'); CREATE TABLE b(p what); INSERT INTO b VALUES ('f'); CREATE TABLE c(p pair); INSERT INTO c VALUES (ROW('f'::regproc, 1));
       CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE fine(p regproc[]); INSERT INTO fine VALUES ('{pg_sleep}')`,
    ],
    [
      'what they name is what the server made for itself',
      `CREATE TABLE a(p regclass); CREATE TABLE b(p regclass[]); CREATE TABLE c(p regnamespace); CREATE TABLE fine(p regclass); CREATE TABLE "pg_toast_1a"(a int);
       CREATE TABLE long(t text); INSERT INTO a SELECT reltoastrelid FROM pg_class WHERE relname = 'long'; INSERT INTO b SELECT ARRAY[(p || '_index')::regclass] FROM a;
       INSERT INTO fine SELECT reltoastrelid FROM pg_class WHERE relname = 'pg_proc'; INSERT INTO fine VALUES ('pg_proc'), ('pg_toast_1a');
       CREATE TEMP TABLE t(a int); INSERT INTO c VALUES (pg_my_temp_schema())`,
    ],
  ])('are stated as lost where %s, and the rest is rebuilt', async (_, fill) => {
    await using source = await place(db, fill)
    const exported = await exportAll(source.spec, join(folder, `lost-${source.database}`))
    const lost = exported.losses.map(({ item }) => item)
    expect(lost).toEqual(['table/public.a', 'table/public.b', 'table/public.c'])
    const known = exported.items.filter(({ id }) => !lost.includes(id))
    await restore({ ...exported, items: known }, specOf(db, `${source.database}_ours`))
    const found = await compare(specOf(db, `${source.database}_ours`), known)
    expect(found.filter(({ item }) => !lost.includes(item))).toEqual([])
  })
})
