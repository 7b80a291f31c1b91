import { afterAll, describe, expect, it } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { specOf, sql } from '../../packages/connector-postgres/test/support.ts'
import { type PostgresServer, startPostgres, startStandby } from '../services/postgres.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'

/* A source that is read on a standby is destroyed on its primary: what is compared before has to be what is destroyed. */

const primary = await startPostgres('system')
const standby = primary?.folder === undefined ? undefined : await startStandby(primary)
afterAll(async () => {
  await standby?.[Symbol.asyncDispose]()
  await primary?.[Symbol.asyncDispose]()
})

describe.skipIf(!standby)('a database that was read on a standby', () => {
  const [source, copy] = [primary, standby] as [PostgresServer, PostgresServer]

  it('is not destroyed while the standby lacks what came to the primary since', async () => {
    await sql(source, 'postgres', 'CREATE DATABASE lab')
    await sql(source, 'lab', 'CREATE TABLE value(x int); INSERT INTO value VALUES (1)')
    await caughtUp()
    await sql(copy, 'postgres', 'SELECT pg_wal_replay_pause()')
    const { c, confirm } = await ready()
    await using _c = c
    await sql(source, 'lab', 'INSERT INTO value VALUES (2)')
    await expectRefused(c, confirm, {
      code: 'source-unreachable',
      message: expect.stringContaining('got a standby'),
    })
    await sql(copy, 'postgres', 'SELECT pg_wal_replay_resume()')
    await expectRefused(c, confirm, { details: { guards: ['unchanged'] } })
    await sql(source, 'lab', 'DELETE FROM value WHERE x = 2')
    await sql(source, 'lab', "BEGIN; INSERT INTO value VALUES (3); PREPARE TRANSACTION 'late'")
    const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(refused).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
    await sql(source, 'lab', "ROLLBACK PREPARED 'late'")
    const { exit, lines } = await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(exit, lines.join('\n')).toBe(0)
  })

  it('is not destroyed either where what was read has become a server of its own', async () => {
    await sql(source, 'postgres', 'CREATE DATABASE lab')
    await sql(source, 'lab', 'CREATE TABLE value(x int); INSERT INTO value VALUES (1), (2)')
    await caughtUp()
    const { c, confirm } = await ready()
    await using _c = c
    await sql(copy, 'postgres', 'SELECT pg_promote()')
    const message = expect.stringContaining('got another server') as string
    await expectRefused(c, confirm, { code: 'source-unreachable', message })
  })

  async function ready(): Promise<{ c: Case; confirm: readonly string[] }> {
    const url = JSON.stringify(specOf(source, 'lab').url)
    const more = `destroy: { url: ${url} }, probe: { url: ${url} }`
    const c = await openCase({ sources: async () => [{ name: 'lab', url: specOf(copy, 'lab').url, more }] })
    return { c, confirm: await makeReady(c) }
  }

  async function expectRefused(c: Case, confirm: readonly string[], how: object): Promise<void> {
    const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(refused).rejects.toMatchObject(how)
    expect((await sql(source, 'lab', 'SELECT FROM value')).rowCount).toBe(2)
  }

  async function caughtUp(): Promise<void> {
    const { rows } = await sql(source, 'postgres', 'SELECT pg_current_wal_lsn() AS lsn')
    const question = `SELECT pg_last_wal_replay_lsn() >= '${(rows[0] as { lsn: string }).lsn}' AS yes`
    while (!((await sql(copy, 'postgres', question)).rows[0] as { yes: boolean }).yes);
  }
})
