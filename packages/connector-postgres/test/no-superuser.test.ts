import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, rebuiltByPsql, restore } from './carry.ts'
import { place, specOf, sql } from './support.ts'

const source = await startPostgres('system')
const [system, newest] = [await startPostgres('system'), await startPostgres('newest')]
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-managed-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  for (const server of [source, system, newest]) await server?.[Symbol.asyncDispose]()
})

// As where a provider runs the server: an application has roles of its own, and nobody is a superuser.
const fill = `CREATE SCHEMA app AUTHORIZATION app; SET ROLE app; CREATE TABLE app.t(id serial PRIMARY KEY, k uuid DEFAULT gen_random_uuid()); INSERT INTO app.t DEFAULT VALUES;
  GRANT SELECT ON app.t TO readers; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO readers; CREATE TABLE public.p(a text); INSERT INTO public.p VALUES ('x');
  CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.t; CREATE FUNCTION app.f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END'; SELECT lo_from_bytea(0, 'abc')`

describe.skipIf(!source || !system || !psql)('a server on which nobody is a superuser', () => {
  const targets = [
    ['the same version', system],
    ['a newer one', newest],
  ] as const

  it.each(targets.filter(([, server]) => server))(
    'takes a database by a role with CREATEDB and CREATEROLE: %s',
    async (_, server) => {
      const db = source as NonNullable<typeof source>
      const target = { ...(server as NonNullable<typeof server>), user: 'admin' }
      await sql(
        server as NonNullable<typeof server>,
        'postgres',
        'CREATE ROLE admin LOGIN CREATEDB CREATEROLE',
      )
      await using from = await place(db, '')
      await sql(
        db,
        from.database,
        `${rolesOnce} ALTER DATABASE ${from.database} OWNER TO app; GRANT readers TO app; ${fill}`,
      )
      const bag = join(folder, from.database)
      const exported = await exportAll(from.spec, bag)
      await restore(exported, specOf(target, 'ours'))
      expect(await compare(specOf(target, 'ours'), exported.items)).toEqual([])
      rebuiltByPsql(target, 'by_psql', bag)
      expect(await compare(specOf(target, 'by_psql'), exported.items)).toEqual([])
      await sql(db, from.database, 'ALTER TABLE public.p OWNER TO postgres')
      await expect(
        restore(await exportAll(from.spec, `${bag}-2`), specOf(target, 'superuser')),
      ).rejects.toMatchObject({
        code: 'restore-failed',
        hint: expect.stringContaining('be a superuser') as string,
      })
    },
  )
})

const rolesOnce =
  "DO 'BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ''app'') THEN CREATE ROLE app LOGIN; CREATE ROLE readers; END IF; END';"
