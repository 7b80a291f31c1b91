import { chownSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Difference } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { reasonOf } from '../src/errors.ts'
import { compare, type Exported, exportAll, rebuiltByPsql, restore, runPsql } from './carry.ts'
import { place, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-lost-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

const fill = `CREATE TABLE gone(id int PRIMARY KEY, self int CONSTRAINT own REFERENCES gone, k int); INSERT INTO gone VALUES (1, 1, 1);
  CREATE TABLE parts(id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
  CREATE TABLE gone_2 PARTITION OF parts FOR VALUES FROM (10) TO (20); INSERT INTO parts VALUES (1), (11); CREATE TABLE kept(id int PRIMARY KEY); INSERT INTO kept VALUES (1);
  ALTER TABLE gone ADD CONSTRAINT out FOREIGN KEY (k) REFERENCES kept; CREATE INDEX z ON gone(k); CREATE MATERIALIZED VIEW zz AS SELECT id FROM kept;
  CREATE TABLE child(g int, p int, k int REFERENCES kept); INSERT INTO child VALUES (1, 11, 1), (1, 1, 1); CREATE VIEW seen AS SELECT count(*) FROM gone;
  ALTER TABLE child ADD CONSTRAINT "to ""gone" FOREIGN KEY (g) REFERENCES gone; COMMENT ON CONSTRAINT "to ""gone" ON child IS 'why';
  ALTER TABLE child ADD CONSTRAINT to_parts FOREIGN KEY (p) REFERENCES parts`
const leading = (table: string): string => `it leads to rows of table/public.${table}, which are lost`

describe.skipIf(!server || !psql)('a foreign key into rows that are lost', () => {
  const db = server as NonNullable<typeof server>
  const differences = async (database: string, { items, losses }: Exported): Promise<Difference[]> => {
    const lost = new Set(losses.map(({ item }) => item))
    const found = await compare(
      specOf(db, database),
      items.filter(({ id }) => !lost.has(id)),
    )
    return found.filter(({ item }) => !lost.has(item))
  }

  it('is lost with them, and the rest is rebuilt: they could not be read', async () => {
    await using source = await place(
      db,
      `${fill}; UPDATE pg_class SET relfilenode = 4000000000 WHERE relname LIKE 'gone%' AND relkind = 'r'`,
    )
    const bag = join(folder, 'torn')
    const exported = await exportAll(source.spec, bag)
    expect(exported.losses).toEqual([
      { item: 'definition/foreign-key/public.child."to ""gone"', lost: leading('gone') },
      { item: 'definition/foreign-key/public.child.to_parts', lost: leading('gone_2') },
      { item: 'table/public.gone', lost: expect.any(String) as string },
      { item: 'table/public.gone_2', lost: expect.any(String) as string },
    ])
    await restore(exported, specOf(db, `${source.database}_ours`))
    expect(await differences(`${source.database}_ours`, exported)).toEqual([])
    const { status, stderr } = runPsql(db, `${source.database}_psql`, bag)
    expect({ status, failed: stderr.match(/rebuilt, but not whole/g) }).toEqual({
      status: 3,
      failed: ['rebuilt, but not whole'],
    })
    expect(await differences(`${source.database}_psql`, exported)).toEqual([])
  })

  it('is lost with them, and the rest is rebuilt: the reading role may not read them', async () => {
    await using source = await place(
      db,
      `${fill}; CREATE ROLE half_blind LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO half_blind; ALTER TABLE gone ENABLE ROW LEVEL SECURITY; ALTER TABLE gone_2 ENABLE ROW LEVEL SECURITY`,
    )
    const bag = join(folder, 'hidden')
    const spec = { ...source.spec, url: source.spec.url.replace('//postgres@', '//half_blind@') }
    const exported = await exportAll(spec, bag)
    expect(exported.losses.map(({ item }) => item)).toEqual([
      'definition/foreign-key/public.child."to ""gone"',
      'definition/foreign-key/public.child.to_parts',
      'table/public.gone',
      'table/public.gone_2',
    ])
    await restore(exported, specOf(db, `${source.database}_ours`))
    expect(await differences(`${source.database}_ours`, exported)).toEqual([])
    rebuiltByPsql(db, `${source.database}_psql`, bag)
    expect(await differences(`${source.database}_psql`, exported)).toEqual([])
  })

  it('is named where the rows were never there', async () => {
    await using source = await place(
      db,
      `CREATE TABLE whole(id int PRIMARY KEY); CREATE TABLE part(whole int CONSTRAINT of_whole REFERENCES whole);
       SET session_replication_role = replica; INSERT INTO part VALUES (1)`,
    )
    const exported = await exportAll(source.spec, join(folder, 'orphan'))
    await expect(restore(exported, specOf(db, `${source.database}_ours`))).rejects.toMatchObject({
      message: 'load data/definitions/4-post-data.sql: SQLSTATE 23503, constraint of_whole',
      hint: expect.stringContaining('mend them at the source') as string,
    })
  })

  it('is made where it can be', async () => {
    await using source = await place(
      db,
      `${fill}; DELETE FROM child; UPDATE pg_class SET relfilenode = 4000000000 WHERE relname = 'gone'`,
    )
    const exported = await exportAll(source.spec, join(folder, 'empty'))
    await restore(exported, specOf(db, `${source.database}_ours`))
    const { rows } = await sql(
      db,
      `${source.database}_ours`,
      "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0",
    )
    expect(rows).toEqual([{ count: '5' }])
  })
})

describe.skipIf(!server || !psql)('a large table, one slice of which could not be read', () => {
  it.each([2, 3])(
    'is left out by psql, which says so and fails once the rest is there: slice %i',
    async (last) => {
      const db = server as NonNullable<typeof server>
      await using source = await place(
        db,
        `CREATE TABLE large(id int, note text); INSERT INTO large SELECT i, repeat('x', 800) FROM generate_series(1, 4500) i; CREATE TABLE kept AS SELECT 1 AS a;
       DELETE FROM large WHERE id BETWEEN 1200 AND 2900; DO $$BEGIN CREATE ROLE hasty LOGIN; EXCEPTION WHEN duplicate_object THEN END$$; GRANT SELECT ON large, kept TO hasty`,
      )
      const bag = join(folder, `slice-${last}`)
      const spec = { ...source.spec, url: source.spec.url.replace('//postgres@', '//hasty@') }
      const exported = await exportAll(spec, bag, async ({ slice }) => {
        const { slice: number } = (slice?.['blocks'] ?? {}) as { slice?: number }
        if (number === last - 1) await sql(db, source.database, 'REVOKE SELECT ON large FROM hasty')
      })
      expect(new Set(exported.losses.map(({ item }) => item))).toEqual(new Set(['table/public.large']))
      const { status, stderr } = runPsql(db, `${source.database}_psql`, bag)
      expect(stderr).toMatch(/^tables\/public\.large\/datapackage\.json: not here, left out$/m)
      expect(status).toBe(3)
      const { rows } = await sql(
        db,
        `${source.database}_psql`,
        'SELECT count(*)::int, a FROM large RIGHT JOIN kept ON true GROUP BY a',
      )
      expect(rows).toEqual([{ count: 1, a: 1 }])
    },
  )

  it('is loaded whole where a slice of it holds no rows', async () => {
    const db = server as NonNullable<typeof server>
    await using source = await place(
      db,
      `CREATE TABLE large(id int, note text); INSERT INTO large SELECT i, repeat('x', 800) FROM generate_series(1, 9000) i; DELETE FROM large WHERE id BETWEEN 1200 AND 7500`,
    )
    const bag = join(folder, 'holes')
    const { entries, items } = await exportAll(source.spec, bag)
    const csv = entries.filter(
      ({ path }) => path.startsWith('data/tables/public.large/') && path.endsWith('.csv'),
    )
    expect(csv.some(({ size }) => size === 0)).toBe(true)
    rebuiltByPsql(db, `${source.database}_psql`, bag)
    expect(await compare(specOf(db, `${source.database}_psql`), items)).toEqual([])
  })
})

describe.skipIf(!server?.folder || !psql)('a table that the server cannot give out', () => {
  const db = server as NonNullable<typeof server>
  const lossesOf = async (fill: string, harm?: (database: string) => Promise<unknown>): Promise<unknown> => {
    await using source = await place(db, fill)
    await harm?.(source.database)
    return (await exportAll(source.spec, join(folder, source.database))).losses
  }

  it('is lost with what is wrong with it, not with a number alone: a page is damaged', async () => {
    const harm = async (database: string): Promise<void> => {
      await sql(db, database, 'CHECKPOINT')
      const { rows } = await sql(db, database, "SELECT pg_relation_filepath('torn') AS path")
      const file = openSync(join(db.folder ?? '', 'data', String(rows[0]?.['path'])), 'r+')
      writeSync(file, Buffer.alloc(64, 0xaa), 0, 64, 0)
      await db.restart?.()
    }
    expect(
      await lossesOf('CREATE TABLE torn AS SELECT 1 AS a; CREATE TABLE whole AS SELECT 1', harm),
    ).toEqual([
      { item: 'table/public.torn', lost: 'pages of it are damaged on the disk of the server (XX001)' },
    ])
  })

  it('says that where it lies on the disks of the server is not delivered, be it the place of the whole database', async () => {
    const place = join(db.folder ?? '', 'elsewhere')
    const { uid, gid } = statSync(join(db.folder ?? '', 'data'))
    mkdirSync(place)
    chownSync(place, uid, gid)
    await sql(db, 'postgres', `CREATE TABLESPACE elsewhere LOCATION '${place}'`)
    await sql(db, 'postgres', 'CREATE DATABASE lies_elsewhere TEMPLATE template0 TABLESPACE elsewhere')
    const { losses } = await exportAll(specOf(db, 'lies_elsewhere'), join(folder, 'elsewhere'))
    const lost = expect.stringContaining('where the server keeps files') as string
    expect(losses).toEqual([{ item: 'definition/tablespace/elsewhere', lost }])
  })

  // As a bytea of 540 MB gives it, which takes the server a minute.
  it('is lost with what is wrong with it: the text of a row is more than the server can hold', () => {
    const text = 'invalid memory alloc request size 1080000003'
    const error = Object.assign(new Error(text), { severity: 'ERROR', code: 'XX000' })
    const lost = 'a row of it is too long for the server to give it out: 1 GB as text (XX000)'
    expect(reasonOf(error)).toBe(lost)
  })
})
