import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newestDump } from '../../../test/services/pg-dump-18.ts'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, rebuiltByPsql, restore } from './carry.ts'
import { specOf, sql } from './support.ts'

const dump = havePrograms('psql') ? newestDump() : undefined
const newest = dump && (await startPostgres('newest'))
process.env['PATH'] = `${dump?.folder}:${process.env['PATH']}`
const folder = await mkdtemp(join(tmpdir(), 'restitute-newest-'))
afterAll(async () => {
  await newest?.[Symbol.asyncDispose]()
  dump?.[Symbol.dispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Changes, each of something that older versions do not have, and what is then different. */
const changes = {
  'ALTER TABLE clinic.stay RENAME CONSTRAINT stay_has_id TO stay_id_there': [
    'definition/constraint/clinic.stay.stay_has_id',
    'definition/constraint/clinic.stay.stay_id_there',
  ],
  'ALTER TABLE clinic.stay DROP CONSTRAINT cost_there, ADD CONSTRAINT cost_there NOT NULL cost': [
    'definition/constraint/clinic.stay.cost_there',
  ],
  'ALTER TABLE clinic.stay DROP CONSTRAINT cost_positive, ADD CONSTRAINT cost_positive CHECK (cost > 0) NOT VALID':
    ['definition/constraint/clinic.stay.cost_positive'],
  "COMMENT ON CONSTRAINT own_a ON clinic.other_child IS 'a word'": [
    'definition/constraint/clinic.other_child.own_a',
  ],
  'ALTER TABLE clinic.weight ALTER grams SET EXPRESSION AS (kg * 1000.0)': ['definition/table/clinic.weight'],
  'ALTER PUBLICATION newest_pub SET (publish_generated_columns = none)': [
    'definition/publication/newest_pub',
  ],
  'ALTER DEFAULT PRIVILEGES REVOKE SELECT ON LARGE OBJECTS FROM newest_reader': [
    'definition/default-privileges/postgres."*"."L"',
  ],
  'REVOKE MAINTAIN ON clinic.measure FROM newest_reader': ['definition/table/clinic.measure'],
  'ALTER TABLE clinic.event ALTER name TYPE text COLLATE "C"': ['definition/table/clinic.event'],
  'ALTER STATISTICS clinic.stay_stats SET STATISTICS 51': ['definition/statistics/clinic.stay_stats'],
  'ALTER EVENT TRIGGER newest_login ENABLE': ['definition/event-trigger/newest_login'],
  'ALTER TABLE clinic.booking DROP CONSTRAINT booking_ward_valid_fkey': [
    'definition/foreign-key/clinic.booking.booking_ward_valid_fkey',
  ],
  'ALTER DOMAIN clinic.percent RENAME CONSTRAINT percent_given TO given': [
    'definition/domain/clinic.percent',
  ],
}

describe.skipIf(!newest)('a database of PostgreSQL 18', () => {
  const server = newest as NonNullable<typeof newest>

  it('comes back equal, by restore and by psql alone, and what is changed then is seen', async () => {
    await sql(server, 'postgres', 'CREATE DATABASE newest TEMPLATE template0')
    await sql(server, 'newest', await readFile(join(import.meta.dirname, 'newest.sql'), 'utf8'))
    const exported = await exportAll(specOf(server, 'newest'), join(folder, 'newest'))
    expect(exported.losses).toEqual([])
    expect(exported.items.filter(({ lost }) => lost !== undefined)).toEqual([])
    await restore(exported, specOf(server, 'newest_ours'))
    expect(await compare(specOf(server, 'newest_ours'), exported.items)).toEqual([])
    rebuiltByPsql(server, 'newest_psql', join(folder, 'newest'))
    expect(await compare(specOf(server, 'newest_psql'), exported.items)).toEqual([])
    for (const change of Object.keys(changes)) await sql(server, 'newest_ours', change)
    const seen = await compare(specOf(server, 'newest_ours'), exported.items)
    expect(seen.map(({ item }) => item).sort()).toEqual([...new Set(Object.values(changes).flat())].sort())
  })
})
