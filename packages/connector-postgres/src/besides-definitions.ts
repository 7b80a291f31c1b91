import { fileEncoding } from './copy.ts'
import { createDatabase, type Database, databaseScript } from './database.ts'
import { sha256 } from './digest.ts'
import { readableLargeObjects } from './large-objects.ts'
import type { EarlyIndex } from './named-by-values.ts'
import { restoreScript } from './restore-script.ts'
import { type Role, rolesScript } from './roles.ts'
import type { Sequence } from './sequences.ts'
import type { Session } from './session.ts'
import type { Table } from './tables.ts'

/** What the scripts are written from, but for what pg_dump reads. */
export interface Besides {
  readonly tables: readonly Table[]
  readonly sequences: readonly Sequence[]
  readonly roles: readonly Role[]
  readonly database: Database
  readonly early: readonly EarlyIndex[]
}

/**
 * What the scripts hold that no definition tells, as a digest: which tables, sequences and large objects psql loads, which indexes come before them, roles, settings and
 * rights of the database. In a second package they must be those of its own moment: psql would leave out a large object that is
 * new since the first, and load one that is gone.
 */
export async function besidesDefinitions(session: Session, o: Besides, signal: AbortSignal): Promise<string> {
  const readable = readableLargeObjects(session.version)
  const [[count, sum] = []] = await session.rows(
    signal,
    `SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashoidextended(l.oid, 0)) FROM (${readable}) l`,
  )
  const { tables, sequences, roles, database, early } = o
  const loading = restoreScript({
    tables,
    sequences,
    largeObjects: [],
    encoding: fileEncoding(session.encoding),
  })
  const scripts = [rolesScript(roles), createDatabase(database), databaseScript(database), loading]
  return sha256(JSON.stringify([...scripts, count, sum, ...early]))
}
