import { afterAll, describe, expect, it } from 'vitest'
import { check } from '../../cli/src/commands/check.ts'
import { place } from '../../packages/connector-postgres/test/support.ts'
import { startPostgres } from '../services/postgres.ts'
import { openCase, pin } from '../support/case.ts'

const server = await startPostgres('newest')
afterAll(() => server?.[Symbol.asyncDispose]())

describe.skipIf(!server)('a PostgreSQL server that is newer than every pg_dump here', () => {
  const db = server as NonNullable<typeof server>

  it('is found out by check, before anything is exported', async () => {
    await using source = await place(db, 'CREATE TABLE a(a integer)')
    await using c = await openCase({ sources: async () => [{ name: 'lab', url: source.spec.url }] })
    await pin(c)
    const { exit, json } = await check(c.session, { contractOnly: false })
    expect(exit).toBe(5)
    expect(json['remarks']).toContainEqual({
      about: 'lab',
      message: expect.stringMatching(/^definitions: no pg_dump of version 18 or newer on this machine/),
      exit: 5,
      severity: 'problem',
      code: 'incomplete',
    })
  })
})
