import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { roundTripped } from './carry.ts'
import { place } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-defined-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

describe.skipIf(!server || !psql)('a database', () => {
  const db = server as NonNullable<typeof server>
  let made = 0

  it.each([
    [
      'a collation is a copy of one that serves every encoding',
      'CREATE COLLATION plain FROM "C"; CREATE TABLE t(a text COLLATE plain)',
    ],
  ])('comes back equal where %s', async (_, fill) => {
    await using source = await place(db, fill)
    await roundTripped(db, source.database, join(folder, `bag-${++made}`))
  })
})
