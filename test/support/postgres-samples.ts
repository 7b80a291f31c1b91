import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sql } from '../../packages/connector-postgres/test/support.ts'
import type { PostgresServer } from '../services/postgres.ts'
import { sharedData } from './shared-data.ts'

/** Folders of the shared data that {@link postgresSamples} lie in. */
export const sampleFolders = ['pg-regression', 'omop-synthea27', 'pg-samples'] as const

/** Real databases: names, and the files of their dumps. */
export const postgresSamples: readonly (readonly [name: string, file: string])[] = [
  ['regression', 'pg-regression/regression-nolib.sql.zst'],
  ['omop', 'omop-synthea27/omop_synthea27.sql.zst'],
  ['sakila', 'pg-samples/sakila_postgres.sql.zst'],
  ['chinook', 'pg-samples/chinook_postgres.sql.zst'],
]

/** Makes the database of a sample on a server. */
export async function loadSample(db: PostgresServer, name: string, file: string): Promise<void> {
  await sql(db, 'postgres', `CREATE DATABASE ${name} TEMPLATE template0`)
  const { host, port, user } = db
  // One of them makes its database itself.
  const script = `zstd -dc '${join(sharedData, file)}' | grep -vE '^(DROP|CREATE) DATABASE' | psql -q -h ${host} -p ${port} -U ${user} ${name}`
  expect(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stderr).not.toMatch(/ERROR/)
}
