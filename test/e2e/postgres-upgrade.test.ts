import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compare, exportAll, rebuiltByPsql, restore } from '../../packages/connector-postgres/test/carry.ts'
import { specOf, sql } from '../../packages/connector-postgres/test/support.ts'
import { newestDump } from '../services/pg-dump-18.ts'
import { startPostgres } from '../services/postgres.ts'
import { loadSample, postgresSamples, sampleFolders } from '../support/postgres-samples.ts'
import { havePrograms } from '../support/programs.ts'
import { haveShared } from '../support/shared-data.ts'

const able = havePrograms('psql', 'zstd') && haveShared(...sampleFolders)
const dump = able ? newestDump() : undefined
const [server, newest] = dump ? [await startPostgres('system'), await startPostgres('newest')] : []
process.env['PATH'] = `${dump?.folder}:${process.env['PATH']}`
const folder = await mkdtemp(join(tmpdir(), 'restitute-upgrade-'))
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await newest?.[Symbol.asyncDispose]()
  dump?.[Symbol.dispose]()
  await rm(folder, { recursive: true, force: true })
})

/**
 * What the newer server refuses: children with generated columns that their parents do not have, compression that it was not
 * built with. And views that it writes otherwise: XML without indentation.
 */
const unfit = `DROP TABLE gtest_normal_child, gtest_normal_child2; DROP MATERIALIZED VIEW compressmv; DROP TABLE cmdata, cmdata1, cmdata2, cmpart CASCADE;
  DROP VIEW xmltableview2, xmlview8, xmlview9`

/** Every right on a table, which is one more from 17 on; bodies that the server has parsed; queries of one relation. */
const rights = `CREATE TABLE t(a int PRIMARY KEY, b text NOT NULL DEFAULT ''); INSERT INTO t VALUES (1, 'x'); CREATE ROLE upgraded_all; CREATE ROLE upgraded_some;
  GRANT ALL ON t TO upgraded_all WITH GRANT OPTION; GRANT SELECT, TRIGGER ON t TO upgraded_some; REVOKE DELETE ON t FROM postgres;
  CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT t.a * 2 FROM t WHERE t.a = i; END;
  CREATE VIEW v WITH (security_barrier) AS SELECT x.a, (SELECT max(y.a) FROM t y WHERE y.b = x.b) AS most FROM t x WHERE x.b <> 'x.b' ORDER BY x.a`

describe.skipIf(!server || !newest)('a database of PostgreSQL 15 on a newer server', () => {
  const [db, later] = [server, newest] as [NonNullable<typeof server>, NonNullable<typeof newest>]

  it('comes back equal: rights, functions, views', async () => {
    await sql(db, 'postgres', 'CREATE DATABASE rights TEMPLATE template0')
    await sql(db, 'rights', rights)
    const exported = await exportAll(specOf(db, 'rights'), join(folder, 'rights'))
    await restore(exported, specOf(later, 'rights_ours'))
    expect(await compare(specOf(later, 'rights_ours'), exported.items)).toEqual([])
    await sql(later, 'rights_ours', 'REVOKE TRUNCATE ON t FROM upgraded_all')
    expect(await compare(specOf(later, 'rights_ours'), exported.items)).toEqual([
      { item: 'definition/table/public.t', change: 'changed' },
    ])
  })

  it.each(postgresSamples)(
    'comes back equal: %s, by restore and by psql alone, and out of the newer server again',
    async (name, file) => {
      await loadSample(db, name, file)
      if (name === 'regression') await sql(db, name, unfit)
      const exported = await exportAll(specOf(db, name), join(folder, name))
      expect(exported.losses).toEqual([])
      await restore(exported, specOf(later, `${name}_ours`))
      expect(await compare(specOf(later, `${name}_ours`), exported.items)).toEqual([])
      rebuiltByPsql(later, `${name}_psql`, join(folder, name))
      expect(await compare(specOf(later, `${name}_psql`), exported.items)).toEqual([])
      // And out of there again: nothing was left behind on the way.
      const again = await exportAll(specOf(later, `${name}_ours`), join(folder, `${name}-again`))
      expect([...again.losses, ...again.items.filter(({ lost }) => lost !== undefined)]).toEqual([])
      await restore(again, specOf(later, `${name}_again`))
      expect(await compare(specOf(later, `${name}_again`), again.items)).toEqual([])
      expect(await compare(specOf(later, `${name}_again`), exported.items)).toEqual([])
    },
  )
})
