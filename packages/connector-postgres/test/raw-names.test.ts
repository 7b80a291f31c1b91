import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, restore } from './carry.ts'
import { specOf, sql } from './support.ts'

const server = havePrograms('psql') ? await startPostgres('system') : undefined
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-raw-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

describe.skipIf(!server)('a database of no known encoding', () => {
  const db = server as NonNullable<typeof server>
  const execute = (text: string): string =>
    `DO $$ BEGIN EXECUTE convert_from('\\x${Buffer.from(text, 'latin1').toString('hex')}', 'SQL_ASCII'); END $$`

  it('has what it can be asked for carried, where the names of tables have such bytes; the rest is stated as lost', async () => {
    await sql(
      db,
      'postgres',
      "CREATE DATABASE raw_names TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    const made = `CREATE TABLE d\xe9c\xe8s(a int); INSERT INTO d\xe9c\xe8s VALUES (1); CREATE TABLE d\xe8c\xe9s(a int); CREATE TABLE \xc3\xa9t\xc3\xa9(a int);
      INSERT INTO \xc3\xa9t\xc3\xa9 VALUES (2); CREATE SEQUENCE num\xe9ro; CREATE TABLE plain(a int); INSERT INTO plain VALUES (3)`
    await sql(db, 'raw_names', execute(made))
    const exported = await exportAll(specOf(db, 'raw_names'), join(folder, 'raw-names'))
    const lost = expect.stringContaining('no UTF-8') as string
    expect(exported.losses).toEqual([
      { item: 'sequence/public."num\ufffdro"', lost },
      { item: 'table/public."d\ufffdc\ufffds (2)"', lost },
      { item: 'table/public."d\ufffdc\ufffds"', lost },
    ])
    expect(new Set(exported.items.map(({ id }) => id)).size).toBe(exported.items.length)
    const known = exported.items.filter((one) => one.lost === undefined)
    const rows = known.filter(({ id }) => id.startsWith('table/')).map(({ id, count }) => [id, count])
    expect(rows).toEqual([
      ['table/public."été"', 1],
      ['table/public.plain', 1],
    ])
    await restore({ ...exported, items: known }, specOf(db, 'raw_names_ours'))
    const found = await compare(specOf(db, 'raw_names_ours'), known)
    expect(found.filter(({ item }) => known.some(({ id }) => id === item))).toEqual([])
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
