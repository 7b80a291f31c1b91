import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { postgresConnector } from '../src/index.ts'
import { compare, each, exportAll, restore } from './carry.ts'
import { hospital, place, signal, specOf, sql } from './support.ts'

const server = havePrograms('psql') ? await startPostgres('system') : undefined
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-target-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

describe.skipIf(!server)('a restoration', () => {
  const db = server as NonNullable<typeof server>

  async function connected(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: db.host, port: db.port, user: db.user, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  // As pgAdmin and what watches a server do: each keeps a session in every database.
  it('takes its name although somebody is connected to the empty database that has it, or to the one that is built', async () => {
    await using source = await place(db, 'CREATE TABLE t(a int); INSERT INTO t VALUES (1)')
    await using target = await place(db, 'SELECT 1')
    const exported = await exportAll(source.spec, join(folder, 'watched'))
    const others = [await connected(target.database)]
    {
      await using restorer = await postgresConnector.restore(target.spec, signal)
      for (let phase = 0; phase < restorer.phases; phase++) {
        for (const entry of exported.entries)
          if (restorer.phase(entry.path) === phase) await restorer.accept(entry, signal)
      }
      const { rows } = await sql(
        db,
        'postgres',
        "SELECT datname FROM pg_database WHERE datname ~ '^restitute_'",
      )
      others.push(await connected(String(rows[0]?.['datname'])))
      await restorer.finish(each(exported.items), signal)
    }
    expect(await compare(specOf(db, target.database), exported.items)).toEqual([])
    for (const one of others) await one.end().catch(() => {})
  })

  it('that the server would refuse at its end is refused before any row is loaded', async () => {
    await using source = await place(db, 'CREATE TABLE t(a int); INSERT INTO t VALUES (1)')
    // As on a server that has this locale.
    await sql(
      db,
      source.database,
      `SET allow_system_table_mods = on; INSERT INTO pg_db_role_setting SELECT oid, 0, '{lc_time=xx_XX.UTF-8}' FROM pg_database WHERE datname = current_database()`,
    )
    const { entries } = await exportAll(source.spec, join(folder, 'refused'))
    await using restorer = await postgresConnector.restore(specOf(db, `${source.database}_ours`), signal)
    const begin = async (): Promise<void> => {
      for (const entry of entries) if (restorer.phase(entry.path) === 0) await restorer.accept(entry, signal)
    }
    await expect(begin()).rejects.toMatchObject({
      code: 'restore-failed',
      message:
        'load data/definitions/5-database.sql: invalid value for parameter "lc_time": "xx_XX.UTF-8" (22023)',
      hint: expect.stringContaining('locale') as string,
    })
  })

  it('is rebuilt by a role whose idle sessions the server ends, however long the next piece takes to come', async () => {
    await using source = await place(db, `${hospital}; CREATE ROLE hurried LOGIN SUPERUSER`)
    const exported = await exportAll(source.spec, join(folder, 'hurried'))
    await sql(db, 'postgres', "ALTER ROLE hurried SET idle_session_timeout = '2s'")
    let rows = 0
    const entries = exported.entries.map((entry) => ({
      ...entry,
      content: async function* () {
        if (entry.path.endsWith('.csv') && ++rows === 2) await sleep(3000)
        yield* entry.content()
      },
    }))
    await restore({ ...exported, entries }, specOf({ ...db, user: 'hurried' }, `${source.database}_ours`))
    expect(rows).toBeGreaterThan(1)
    expect(await compare(specOf(db, `${source.database}_ours`), exported.items)).toEqual([])
  })
})
