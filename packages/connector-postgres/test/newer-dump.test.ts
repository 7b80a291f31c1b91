import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newestDump } from '../../../test/services/pg-dump-18.ts'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { locationOf } from '../src/location.ts'
import { dumpSection } from '../src/pg-dump.ts'
import { hospital, place, signal } from './support.ts'

const server = await startPostgres('system')
const dump = server && havePrograms('psql') ? newestDump() : undefined
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-dump-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  dump?.[Symbol.dispose]()
  await server?.[Symbol.asyncDispose]()
})

describe.skipIf(!server || !dump)('a pg_dump that is newer than the server', () => {
  it('writes what that version of the server takes back', async () => {
    const [db, newer] = [server, dump] as [NonNullable<typeof server>, NonNullable<typeof dump>]
    await using source = await place(db, hospital)
    await using back = await place(db, 'SELECT 1')
    const program = { path: join(newer.folder, 'pg_dump'), version: 18 }
    for (const section of ['pre-data', 'post-data'] as const) {
      const o = { section, snapshot: undefined, name: 'restitute', encoding: 'UTF8' }
      writeFileSync(join(folder, section), await dumpSection(program, locationOf(source.spec), o, signal))
      const to = ['-h', db.host, '-p', String(db.port), '-U', db.user, '-d', back.database]
      const { stderr } = spawnSync('psql', [...to, '-qf', section], { cwd: folder, encoding: 'utf8' })
      expect(stderr).toBe('')
    }
  })
})
