import { execFileSync } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import { startCuttingProxy } from '../services/cutting-proxy.ts'
import { hasMariadb, type SqlServer, startMariadb } from '../services/mariadb.ts'
import { type PostgresServer, startPostgres, startStandby } from '../services/postgres.ts'
import { grantAll } from '../services/sql-server.ts'
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

type Turn = () => unknown

/** Cuts the destruction before its first step and turns the address; nothing may be called gone, or destroyed, there. */
async function expectNotGone(c: Case, turn: Turn, turnBack: Turn): Promise<void> {
  const confirm = await makeReady(c)
  await cut(c, confirm, async () => {})
  await turn()
  const again = (): Promise<unknown> => destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again()).rejects.toMatchObject({
    code: 'source-unreachable',
    message: /another server answers than the one on which its destruction began/,
  })
  const { json, exit } = await certify(c.as('verifier'), {})
  const copies = json['copies'] as readonly { name: string; outcome: string }[]
  expect([exit, copies.find(({ name }) => name === 'lab')?.outcome]).toEqual([5, 'could-not-check'])
  await turnBack()
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
  await expectNotGone(
    c,
    () => proxy.leadTo(other.port),
    () => proxy.leadTo(own.port),
  )
  const left = "SELECT FROM pg_roles WHERE rolname = 'lab_owner'"
  const counts = await Promise.all(
    [own, other].map(async (server) => (await carryOut(server, left))[0]?.rowCount),
  )
  expect(counts).toEqual([0, 1])
})

it('nor because an older clone of its own server has none any more', async () => {
  await using own = await startPostgres('system')
  if (own?.folder === undefined) return
  await carryOut(own, 'CREATE DATABASE lab')
  await using clone = await startStandby(own)
  await carryOut(clone, 'SELECT pg_promote()', 'DROP DATABASE lab')
  await carryOut(
    own,
    'CREATE TABLE busy AS SELECT i, repeat(md5(i::text), 9) FROM generate_series(1, 99999) i',
  )
  await using proxy = await startCuttingProxy(own.port)
  const url = `postgres://${own.user}@127.0.0.1:${proxy.port}/lab`
  await using c = await openCase({ sources: async () => [{ name: 'lab', url }] })
  await expectNotGone(
    c,
    () => proxy.leadTo(clone.port),
    () => proxy.leadTo(own.port),
  )
})

describe.runIf(available(hasMariadb(), 'no MariaDB on this machine'))(
  'a MariaDB database is not gone',
  () => {
    /** A server with the database; its case reaches it by that port. */
    async function filled(own: SqlServer, port = own.port): Promise<Case> {
      process.env['MYSQL_TEST_SECRET'] = own.password
      await run(own, 'CREATE DATABASE lab; CREATE TABLE lab.value(x INT); INSERT INTO lab.value VALUES (1)')
      const url = `mysql://${own.user}@127.0.0.1:${port}/lab`
      return openCase({
        sources: async () => [{ name: 'lab', url, more: 'secret: "env:MYSQL_TEST_SECRET"' }],
      })
    }

    it('because another server has none', async () => {
      await using own = await startMariadb()
      await using other = await startMariadb()
      await using proxy = await startCuttingProxy(own.port)
      await using c = await filled(own, proxy.port)
      await expectNotGone(
        c,
        () => proxy.leadTo(other.port),
        () => proxy.leadTo(own.port),
      )
      expect(await databases(own)).not.toContain('lab')
    })

    // MariaDB names a server after its network card and its port alone.
    it('because another one has taken its port', async () => {
      await using own = await startMariadb()
      await using c = await filled(own)
      let other: SqlServer | undefined
      const turn = async (): Promise<void> => {
        await own.program.kill()
        other = await startMariadb([`--port=${own.port}`])
      }
      const turnBack = async (): Promise<void> => {
        await other?.[Symbol.asyncDispose]()
        await own.program.start()
      }
      await expectNotGone(c, turn, turnBack)
      expect(await databases(own)).not.toContain('lab')
    })

    it('because its server began anew where its disk was not mounted', async () => {
      await using own = await startMariadb()
      await using c = await filled(own)
      const [[data = '', socketPath] = []] = (await run(own, 'SELECT @@datadir, @@socket')) as string[][]
      const [folder, aside] = [data.replace(/\/$/, ''), data.replace(/\/$/, ' aside')]
      const turn = async (): Promise<void> => {
        await own.program.kill()
        await rename(folder, aside)
        const as = ['--no-defaults', '--user=root', `--datadir=${folder}`, '--innodb-log-file-size=16M']
        execFileSync('mariadb-install-db', [...as, '--auth-root-authentication-method=normal'])
        await own.program.start()
        execFileSync('mariadb', ['--no-defaults', '-uroot', '-S', socketPath ?? '', '-e', grantAll])
      }
      const turnBack = async (): Promise<void> => {
        await own.program.kill()
        await rm(folder, { recursive: true })
        await rename(aside, folder)
        await own.program.start()
      }
      await expectNotGone(c, turn, turnBack)
      expect(await databases(own)).not.toContain('lab')
    })
  },
)

// Containers on different machines have the same network card: their servers have one name.
it.runIf(available(hasMariadb(), 'no MariaDB on this machine'))(
  'a MariaDB database is not destroyed where nobody compared it',
  async () => {
    await using own = await startMariadb()
    await using twin = await startMariadb(['--bind-address=127.0.0.2', `--port=${own.port}`])
    const there: SqlServer = {
      ...{ user: twin.user, password: twin.password, host: '127.0.0.2', port: own.port },
      async [Symbol.asyncDispose]() {},
    }
    process.env['MYSQL_TEST_SECRET'] = own.password
    for (const server of [own, there])
      await run(
        server,
        'CREATE DATABASE lab; CREATE TABLE lab.value(x INT); INSERT INTO lab.value VALUES (1)',
      )
    const urlOf = ({ user, host, port }: typeof there): string =>
      JSON.stringify(`mysql://${user}@${host}:${port}/lab`)
    const elsewhere = `{ url: ${urlOf(there)}, secret: "env:MYSQL_TEST_SECRET" }`
    const more = `secret: "env:MYSQL_TEST_SECRET", destroy: ${elsewhere}, probe: ${elsewhere}`
    await using c = await openCase({
      sources: async () => [{ name: 'lab', url: JSON.parse(urlOf(own)) as string, more }],
    })
    const confirm = await makeReady(c)
    await run(there, 'INSERT INTO lab.value VALUES (2)')
    await expect(destroy(c.as('operator'), { execute: true, see: false, confirm })).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('got another one') as string,
    })
    expect(await run(there, 'SELECT x FROM lab.value')).toHaveLength(2)
  },
)

async function databases(server: SqlServer): Promise<unknown[]> {
  return (await run(server, 'SHOW DATABASES')).flat()
}
