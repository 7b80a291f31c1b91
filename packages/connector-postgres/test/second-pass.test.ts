import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { postgresConnector } from '../src/index.ts'
import { compare, each, exportAgain, exportAll, rebuiltByPsql, restore } from './carry.ts'
import { place, signal, specOf, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-again-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

describe.skipIf(!server || !psql)('a second pass', () => {
  const db = server as NonNullable<typeof server>
  let made = 0

  it.each([
    ['a column has another name', 'ALTER TABLE t RENAME b TO bb'],
    ['a column of NULL is gone', 'ALTER TABLE t DROP a'],
    ['a column of NULL is new', 'ALTER TABLE t ADD a0 int; ALTER TABLE t ALTER a0 SET DEFAULT 5'],
    ['a column is computed no more', 'ALTER TABLE t ALTER twice DROP EXPRESSION'],
    [
      'a partition is detached, one attached',
      'ALTER TABLE p DETACH PARTITION p1; ALTER TABLE p ATTACH PARTITION q FOR VALUES IN (3)',
    ],
    [
      'tables, sequences and large objects are gone, have other names',
      'DROP TABLE u; ALTER TABLE v RENAME TO u; ALTER SEQUENCE s RENAME TO r; SELECT nextval($$r$$), lo_unlink(91)',
    ],
    ['nothing but large objects is new and gone', "SELECT lo_from_bytea(93, 'z'), lo_unlink(91)"],
    [
      'nothing but a setting and a right of the database is new',
      `DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''5MB''; GRANT CREATE ON DATABASE %1$I TO PUBLIC', current_database()); END$$`,
    ],
  ])('fits the first where %s', async (_, change) => {
    await using source = await place(
      db,
      `CREATE TABLE t(a int, b int, twice int GENERATED ALWAYS AS (b * 2) STORED); INSERT INTO t(b) VALUES (1), (2); CREATE TABLE u(a int);
       CREATE TABLE v(b text); INSERT INTO u VALUES (3); INSERT INTO v VALUES ('x'); CREATE SEQUENCE s; SELECT lo_from_bytea(91, 'x'), lo_from_bytea(92, 'y');
       CREATE TABLE p(a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE q(a int); INSERT INTO p VALUES (1); INSERT INTO q VALUES (3)`,
    )
    const [first, both] = [join(folder, `first-${++made}`), join(folder, `both-${made}`)]
    const before = await exportAll(source.spec, first)
    await sql(db, source.database, change)
    const again = await exportAgain(before, first, source.spec, both)
    await restore(again, specOf(db, `${source.database}_ours`))
    expect(await compare(specOf(db, `${source.database}_ours`), again.items)).toEqual([])
    rebuiltByPsql(db, `${source.database}_psql`, both)
    expect(await compare(specOf(db, `${source.database}_psql`), again.items)).toEqual([])
  })

  it('is known to be needed where the columns of a table have changed places, and values are of its row type', async () => {
    await using source = await place(
      db,
      'CREATE TABLE dose(morning int, evening int); CREATE TABLE given(dose dose); INSERT INTO given VALUES ((0, 5))',
    )
    const before = await exportAll(source.spec, join(folder, 'places'))
    const swapped = 'ALTER TABLE dose RENAME morning TO m; ALTER TABLE dose RENAME evening TO morning;'
    await sql(db, source.database, `${swapped} ALTER TABLE dose RENAME m TO evening`)
    await using watcher = await postgresConnector.watch(source.spec, signal)
    const seen = await Array.fromAsync(watcher.differences(each(before.items), signal))
    expect(seen.map(({ item }) => item)).toEqual(['definition/table/public.dose', 'definitions'])
  })

  it.each([
    [
      'a right on what an extension brought',
      'REVOKE EXECUTE ON FUNCTION crypt(text, text) FROM PUBLIC',
      'definition/rights/function."public.crypt(pg_catalog.text,pg_catalog.text)"',
    ],
    [
      'a right on what the server brought',
      'GRANT SELECT (rolname) ON pg_catalog.pg_authid TO PUBLIC',
      'definition/rights/"table column"."pg_catalog.pg_authid.rolname"',
    ],
  ])('is known to be needed where nothing but %s is new, and gives it', async (_, change, item) => {
    await using source = await place(db, 'CREATE EXTENSION pgcrypto')
    const [first, both] = [join(folder, `first-${++made}`), join(folder, `both-${made}`)]
    const before = await exportAll(source.spec, first)
    await sql(db, source.database, change)
    await using watcher = await postgresConnector.watch(source.spec, signal)
    const seen = await Array.fromAsync(watcher.differences(each(before.items), signal))
    expect(seen.map(({ item: one }) => one)).toEqual([item, 'definitions'])
    await restore(await exportAgain(before, first, source.spec, both), specOf(db, `${source.database}_ours`))
    expect(await compare(specOf(db, `${source.database}_ours`), before.items)).toEqual([])
    await using restored = await postgresConnector.watch(specOf(db, `${source.database}_ours`), signal)
    expect(await Array.fromAsync(restored.differences(each(before.items), signal))).toEqual(seen)
  })
})
