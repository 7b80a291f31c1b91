import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { postgresConnector } from '../src/index.ts'
import { place, signal, sql } from './support.ts'

const server = havePrograms('psql') ? await startPostgres('system') : undefined
afterAll(() => server?.[Symbol.asyncDispose]())

describe.skipIf(!server?.restart)('a server without room for the locks that an export takes', () => {
  const db = server as NonNullable<typeof server>

  it('is named before anything is counted, with what to raise, though the view itself fits', async () => {
    await sql(db, 'postgres', 'ALTER SYSTEM SET max_locks_per_transaction = 10')
    await db.restart?.()
    const tables = Array.from({ length: 2200 }, (_, i) => `CREATE TABLE t${i}(a int)`)
    await using source = await place(db, 'CREATE TABLE first(a int)')
    for (let at = 0; at < tables.length; at += 100)
      await sql(db, source.database, tables.slice(at, at + 100).join(';'))
    const all = `BEGIN; DO $$BEGIN EXECUTE (SELECT 'LOCK ' || string_agg(oid::regclass::text, ', ') || ' IN ACCESS SHARE MODE' FROM pg_class WHERE relkind = 'r' AND oid >= 16384); END$$; ROLLBACK`
    await sql(db, source.database, all)
    await expect(postgresConnector.freeze(source.spec, signal)).rejects.toMatchObject({
      code: 'source-unreachable',
      hint: expect.stringContaining('max_locks_per_transaction') as string,
    })
  })
})
