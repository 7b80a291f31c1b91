import { RestituteError } from '@restitute/core'
import type pg from 'pg'
import { type Location, placeOf } from './location.ts'
import { speakBytes } from './raw-connection.ts'
import { setStatements, steady } from './settings.ts'

// A query of ours must neither wait nor hold anybody up for long.
const manners = {
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  lock_timeout: '30s',
  idle_in_transaction_session_timeout: '0',
  // Whoever restores says nothing while the next pieces are verified.
  idle_session_timeout: '0',
  client_connection_check_interval: '2s',
}

/**
 * Connects a client, with settings under which equal values have equal texts; read-only unless `write`. Throws `usage` for a
 * server that is too old, and the server's errors.
 */
export async function connected(
  client: pg.Client,
  location: Location,
  write: boolean,
): Promise<{ version: number; encoding: string }> {
  await client.connect()
  const { rows } = await client.query<string[]>({
    text: "SELECT current_setting('server_version_num'), current_setting('server_encoding')",
    rowMode: 'array',
  })
  const [number = '', encoding = ''] = rows[0] ?? []
  const version = Math.floor(Number(number) / 10_000)
  if (version < 14) throw tooOld(location, version)
  if (isRaw(encoding)) speakBytes(client)
  const own = {
    ...{ ...steady, ...manners },
    statement_timeout: String(location.statementTimeout),
    client_encoding: isRaw(encoding) ? encoding : 'UTF8',
    default_transaction_read_only: write ? 'off' : 'on',
    ...(version < 17 ? {} : { transaction_timeout: '0' }),
  }
  await client.query(setStatements(own).join(''))
  return { version, encoding }
}

/** Encodings that the server cannot convert to UTF-8: their bytes are taken as they are. */
export function isRaw(encoding: string): boolean {
  return encoding === 'SQL_ASCII' || encoding === 'MULE_INTERNAL'
}

function tooOld(location: Location, version: number): RestituteError {
  return new RestituteError(
    'usage',
    `connect to ${placeOf(location)}: expected PostgreSQL 14 or newer, got ${version}`,
  )
}
