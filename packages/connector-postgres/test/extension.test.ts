import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, each, exportAll, rebuiltByPsql, restore } from './carry.ts'
import { place, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-extension-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

// As the script of an extension (PostGIS topology) makes it, together with the tables.
const made = `ALTER TABLE public.topology ADD UNIQUE (id); ALTER TABLE public.layer ADD FOREIGN KEY (topology) REFERENCES public.topology(id);
  CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
  CREATE TRIGGER checked BEFORE INSERT ON public.layer FOR EACH ROW EXECUTE FUNCTION public.refuse();`

describe.skipIf(!server || !psql)('an extension whose tables hold rows of the user', () => {
  const db = server as NonNullable<typeof server>

  it('may have foreign keys between them, and triggers', async () => {
    await using source = await place(
      db,
      'CREATE TABLE topology(id int); INSERT INTO topology VALUES (1); CREATE TABLE layer(topology int); INSERT INTO layer VALUES (1)',
    )
    const bag = join(folder, 'bag')
    const exported = await exportAll(source.spec, bag)
    const script = join(bag, 'data/definitions/3-pre-data.sql')
    appendFileSync(script, made)
    const content = (): AsyncIterable<Uint8Array> => each([readFileSync(script)])
    const entries = exported.entries.map((one) =>
      one.path.endsWith('3-pre-data.sql') ? { ...one, content } : one,
    )
    await restore({ ...exported, entries }, specOf(db, `${source.database}_ours`))
    rebuiltByPsql(db, `${source.database}_psql`, bag)
    for (const copy of ['ours', 'psql']) {
      const { rows } = await sql(db, `${source.database}_${copy}`, 'SELECT topology FROM layer')
      expect(rows).toEqual([{ topology: 1 }])
    }
  })

  it('is no matter where somebody restores who is no superuser', async () => {
    await using source = await place(db, 'CREATE ROLE lowly LOGIN CREATEDB CREATEROLE')
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} OWNER TO lowly`)
    const lowly = { ...db, user: 'lowly' }
    await sql(lowly, source.database, 'CREATE TABLE t(a int); INSERT INTO t VALUES (1)')
    const exported = await exportAll(source.spec, join(folder, 'lowly'))
    await restore(exported, specOf(lowly, `${source.database}_ours`))
    rebuiltByPsql(lowly, `${source.database}_psql`, join(folder, 'lowly'))
    for (const copy of ['ours', 'psql'])
      expect(await compare(specOf(db, `${source.database}_${copy}`), exported.items)).toEqual([])
  })

  it('that it does not declare as the user’s has them stated as lost, but not those that it makes itself', async () => {
    await using source = await place(db, 'CREATE EXTENSION cube')
    await sql(
      db,
      source.database,
      `CREATE TABLE noted(a int); INSERT INTO noted VALUES (1); CREATE TABLE empty(a int); CREATE TABLE plain(a int);
       ALTER EXTENSION cube ADD TABLE noted; ALTER EXTENSION cube ADD TABLE empty`,
    )
    await sql(
      db,
      source.database,
      'BEGIN; CREATE EXTENSION seg; CREATE TABLE own(a int); INSERT INTO own VALUES (1); ALTER EXTENSION seg ADD TABLE own; COMMIT',
    )
    const exported = await exportAll(source.spec, join(folder, 'undeclared'))
    const lost = expect.stringContaining('extension cube') as string
    expect(exported.losses).toEqual([{ item: 'extension-table/public.noted', lost }])
    const known = exported.items.filter((one) => one.lost === undefined)
    await restore({ ...exported, items: known }, specOf(db, `${source.database}_ours`))
    expect(await compare(specOf(db, `${source.database}_ours`), known)).toEqual([])
    expect(await compare(source.spec, known)).toEqual([])
  })

  it('and of which a function was taken out at the source is named where it is made again, with what to do', async () => {
    await using source = await place(
      db,
      'CREATE EXTENSION hstore; ALTER EXTENSION hstore DROP FUNCTION akeys(hstore)',
    )
    const exported = await exportAll(source.spec, join(folder, 'taken-out'))
    await expect(restore(exported, specOf(db, `${source.database}_ours`))).rejects.toMatchObject({
      message: expect.stringContaining('function "akeys" already exists') as string,
      hint: expect.stringContaining('ALTER EXTENSION') as string,
    })
    await sql(db, source.database, 'ALTER EXTENSION hstore ADD FUNCTION akeys(hstore)')
    const again = await exportAll(source.spec, join(folder, 'put-back'))
    await restore(again, specOf(db, `${source.database}_ours`))
    expect(await compare(specOf(db, `${source.database}_ours`), again.items)).toEqual([])
  })
})
