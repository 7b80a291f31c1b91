import type { SourceSpec } from '@restitute/core'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()

describe.runIf(present)('the destruction of a database', () => {
  let server: SqlServer
  beforeAll(async () => {
    server = await startMariadb()
    await run(
      server,
      `CREATE DATABASE a_case; CREATE TABLE a_case.t(a INT); CREATE DATABASE other; CREATE TABLE other.t(a INT);
       CREATE ROLE viewer; CREATE USER app@'10.%', shared, prober IDENTIFIED BY 'p';
       GRANT SELECT ON \`a\\_case\`.* TO viewer; GRANT ALL ON a_case.t TO app@'10.%'; GRANT viewer TO app@'10.%';
       GRANT SELECT ON a_case.* TO shared; GRANT SELECT ON other.* TO shared; GRANT SELECT ON a_case.* TO prober;`,
    )
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  const owning = (owned: string, user = server.user, password = server.password): SourceSpec => {
    const spec = specOf({ ...server, user, password }, 'a_case')
    return { ...spec, url: `${spec.url}?owned=${encodeURIComponent(owned)}` }
  }

  it('does not begin when an account that is declared as its own may do something elsewhere', async () => {
    await using destroyer = await mysqlConnector.destroyer(owning('app@10.%,shared@%'), signal)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('`shared`@`%`'),
    })
    expect(await run(server, "SHOW DATABASES LIKE 'a\\\\_case'")).toHaveLength(1)
  })

  it('does not begin either when it is a role by which it may', async () => {
    await run(
      server,
      `CREATE ROLE elsewhere; GRANT SELECT ON other.* TO elsewhere; CREATE ROLE middle; GRANT elsewhere TO middle;
       CREATE USER through; GRANT SELECT ON a_case.* TO through; GRANT middle TO through`,
    )
    await using destroyer = await mysqlConnector.destroyer(owning('through@%'), signal)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('`through`@`%`'),
    })
    expect(await run(server, "SELECT User FROM mysql.user WHERE User = 'through'")).toHaveLength(1)
  })

  it('fails, and says why, while somebody holds a table', async () => {
    const { host, port, user, password } = server
    const holder = await createConnection({ host, port, user, password, database: 'a_case' })
    await holder.query('LOCK TABLES t WRITE')
    await using destroyer = await mysqlConnector.destroyer(owning(''), signal)
    expect(destroyer.method.limits.at(-1)).toBe(
      'Seen when it began: sessions of others in it: 1; replicas connected to its server: 0.',
    )
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      hint: expect.stringContaining('holds a lock'),
    })
    await holder.end()
  })

  it('is not taken for done by an account from which the server hides the database', async () => {
    await run(
      server,
      `CREATE DATABASE hidden; CREATE USER blind IDENTIFIED BY 'p'; GRANT SELECT ON hidden.* TO blind`,
    )
    const spec = specOf({ ...server, user: 'blind', password: 'p' }, 'hidden')
    const state = async (): Promise<string> => {
      await using prober = await mysqlConnector.prober(spec, signal)
      return (await prober.look(signal)).state
    }
    expect(await state()).toBe('present')
    await run(server, 'REVOKE ALL PRIVILEGES, GRANT OPTION FROM blind')
    expect(await state()).toBe('could-not-check')
    await expect(mysqlConnector.destroyer(spec, signal)).rejects.toMatchObject({ code: 'source-unreachable' })
    await run(server, 'GRANT SELECT ON hidden.* TO blind; DROP DATABASE hidden')
    expect(await state()).toBe('absent')
    await run(server, 'REVOKE ALL PRIVILEGES, GRANT OPTION FROM blind; GRANT SHOW DATABASES ON *.* TO blind')
    expect(await state()).toBe('absent')
  })

  it('does not hand on what a database owns to those beside it', async () => {
    const siblings = await Array.fromAsync(mysqlConnector.siblings(owning('app@10.%'), signal))
    expect(siblings.map(({ url }) => url)).toContain(specOf(server, 'other').url)
  })

  it('takes its own accounts with it, and is done again without harm; the prober sees every step', async () => {
    const spec = owning('app@10.%,viewer')
    const look = async (by = spec) => {
      await using prober = await mysqlConnector.prober(by, signal)
      return await prober.look(signal)
    }
    expect(await look()).toMatchObject({ state: 'present' })
    // Somebody with fewer rights does not take what he may not ask for as gone.
    expect(await look(owning('viewer', 'prober', 'p'))).toMatchObject({ state: 'could-not-check' })
    expect((await look(owning('', 'prober', 'p'))).looked).toContain(
      'sessions and replicas: not visible without PROCESS',
    )
    await using destroyer = await mysqlConnector.destroyer(spec, signal)
    for (const { limits } of [await look(), destroyer.method])
      expect(limits).toContainEqual(
        expect.stringMatching(/logs .*slow, general, audit.* statements with values/),
      )
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([
      { action: 'drop database', object: 'a_case', count: 1 },
      { action: 'drop account', object: '`app`@`10.%`' },
      { action: 'drop account', object: '`viewer`' },
    ])
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([])
    expect(await look()).toMatchObject({
      state: 'absent',
      looked: [
        'information_schema.SCHEMATA: a_case: absent',
        'mysql.user: `app`@`10.%`: absent',
        'mysql.user: `viewer`: absent',
        'sessions of others in it: 0',
        'replicas connected to its server: 0',
        expect.stringMatching(/^InnoDB tables and partitions in other databases: \d+$/),
        expect.stringMatching(/^tables of other engines in other databases: \d+$/),
      ],
    })
    await run(server, 'CREATE ROLE viewer')
    expect(await look()).toMatchObject({ state: 'present' })
  })
})
