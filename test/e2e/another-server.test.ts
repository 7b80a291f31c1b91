import pg from 'pg'
import { expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import { type CuttingProxy, startCuttingProxy } from '../services/cutting-proxy.ts'
import { hasMariadb, type SqlServer, startMariadb } from '../services/mariadb.ts'
import { type PostgresServer, startPostgres } from '../services/postgres.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { cut } from '../support/cut-destruction.ts'
import { available } from '../support/programs.ts'

/* A destruction is cut short, and then the address of the database leads to another server, where there is none. */

async function carryOut(
  { host, port, user }: PostgresServer,
  ...statements: string[]
): Promise<pg.QueryResult[]> {
  const client = new pg.Client({ host, port, user, database: 'postgres' })
  await client.connect()
  const results: pg.QueryResult[] = []
  for (const sql of statements) results.push(await client.query(sql))
  await client.end()
  return results
}

/** Cuts the destruction before its first step and turns the address; nothing may be called gone, or destroyed, there. */
async function expectNotGone(c: Case, proxy: CuttingProxy, other: number, own: number): Promise<void> {
  const confirm = await makeReady(c)
  await cut(c, confirm, async () => {})
  proxy.leadTo(other)
  const again = (): Promise<unknown> => destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again()).rejects.toMatchObject({
    code: 'source-unreachable',
    message: /another server answers than the one on which its destruction began/,
  })
  const { json, exit } = await certify(c.as('verifier'), {})
  const copies = json['copies'] as readonly { name: string; outcome: string }[]
  expect([exit, copies.find(({ name }) => name === 'lab')?.outcome]).toEqual([5, 'could-not-check'])
  proxy.leadTo(own)
  await expect(again()).resolves.toMatchObject({ exit: 0 })
}

it('a PostgreSQL database is not gone because another server has none, nor are roles of that one destroyed', async () => {
  await using own = await startPostgres('system')
  await using other = await startPostgres('system')
  if (!own || !other || own.port === other.port) return
  for (const server of [own, other]) await carryOut(server, 'CREATE ROLE lab_owner')
  await carryOut(own, 'CREATE DATABASE lab')
  await using proxy = await startCuttingProxy(own.port)
  const url = `postgres://${own.user}@127.0.0.1:${proxy.port}/lab?roles=lab_owner`
  await using c = await openCase({ sources: async () => [{ name: 'lab', url }] })
  await expectNotGone(c, proxy, other.port, own.port)
  const left = "SELECT FROM pg_roles WHERE rolname = 'lab_owner'"
  const counts = await Promise.all(
    [own, other].map(async (server) => (await carryOut(server, left))[0]?.rowCount),
  )
  expect(counts).toEqual([0, 1])
})

it.runIf(available(hasMariadb(), 'no MariaDB on this machine'))(
  'a MariaDB database is not gone because another server has none',
  async () => {
    await using own = await startMariadb()
    await using other = await startMariadb()
    process.env['MYSQL_TEST_SECRET'] = own.password
    await run(own, 'CREATE DATABASE lab; CREATE TABLE lab.value(x INT); INSERT INTO lab.value VALUES (1)')
    await using proxy = await startCuttingProxy(own.port)
    const url = `mysql://${own.user}@127.0.0.1:${proxy.port}/lab`
    await using c = await openCase({
      sources: async () => [{ name: 'lab', url, more: 'secret: "env:MYSQL_TEST_SECRET"' }],
    })
    await expectNotGone(c, proxy, other.port, own.port)
    expect(await databases(own)).not.toContain('lab')
  },
)

async function databases(server: SqlServer): Promise<unknown[]> {
  return (await run(server, 'SHOW DATABASES')).flat()
}
