import { connectorCases, type Mutation } from '@restitute/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { hospital, place, signal, specOf, sql } from './support.ts'

const servers = [await startPostgres('system')]
afterAll(async () => {
  for (const server of servers) await server?.[Symbol.asyncDispose]()
})

function cases(server: PostgresServer) {
  const mutation = (name: string, change: Mutation['change'], item: string, text: string): Mutation => ({
    ...{ name, change },
    apply: async ({ url }) => {
      await sql(server, new URL(url).pathname.slice(1), text)
      return item
    },
  })
  return connectorCases({
    connector: postgresConnector,
    source: () => place(server, hospital),
    target: () => place(server, undefined),
    unreachable: specOf({ ...server, port: 1 }, 'lab'),
    // Nobody can drop or empty a table while an export reads: what is removed here is what that does not hold.
    mutations: [
      mutation(
        'a row is added',
        'changed',
        'table/public.patient',
        "INSERT INTO patient VALUES (1000, 'New', '2000-01-01', 'male', '69001')",
      ),
      mutation(
        'a cell changes',
        'changed',
        'table/"Été".stay',
        'UPDATE "Été".stay SET weight = 81.5 WHERE patient = 7',
      ),
      mutation('a row is removed', 'changed', 'table/public.code', "DELETE FROM code WHERE code = 'A17'"),
      mutation(
        'a row moves to the child',
        'changed',
        'table/public.doctor',
        "DELETE FROM ONLY person; INSERT INTO doctor VALUES ('Ann', '2')",
      ),
      mutation(
        'an index is added',
        'new',
        'definition/index/public.patient_name',
        'CREATE INDEX patient_name ON patient(name)',
      ),
      mutation('a table is added', 'new', 'table/public.visit', 'CREATE TABLE visit(a integer)'),
      mutation(
        'a function changes',
        'changed',
        'definition/function/public."touch()"',
        "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
      ),
      mutation('a large object is removed', 'removed', 'large-object/0000004243', 'SELECT lo_unlink(4243)'),
      mutation(
        'a large object changes',
        'changed',
        'large-object/0000004242',
        "SELECT lo_put(4242, 5, 'changed')",
      ),
    ],
  })
}

describe.skipIf(!servers[0])('the databases beside a source', () => {
  it('are all named, open or not, but for those that every server has', async () => {
    const db = servers[0] as PostgresServer
    await using source = await place(db, 'CREATE TABLE t(a int)')
    await using closed = await place(db, 'CREATE TABLE t(a int)')
    await using template = await place(db, 'CREATE TABLE t(a int)')
    await sql(db, 'postgres', `ALTER DATABASE ${closed.database} ALLOW_CONNECTIONS false`)
    await sql(db, 'postgres', `ALTER DATABASE ${template.database} IS_TEMPLATE true`)
    const found = await Array.fromAsync(postgresConnector.siblings(source.spec, signal))
    await sql(db, 'postgres', `ALTER DATABASE ${template.database} IS_TEMPLATE false`)
    const expected = [closed.database, template.database].sort()
    expect(found.map(({ url }) => new URL(url).pathname.slice(1))).toEqual([...expected, 'postgres'])
  })
})

for (const server of servers) {
  describe.skipIf(!server)(`conformance on PostgreSQL (${server?.version})`, () => {
    it.each(server ? cases(server) : [])('$name', async ({ run }) => {
      await run()
      expect.assertions(0)
    })
  })
}
