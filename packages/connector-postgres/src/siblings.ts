import type { Sibling, SourceSpec } from '@restitute/core'
import { locationOf, urlOf } from './location.ts'
import { Session } from './session.ts'

/** The other databases of the cluster, those that nobody may enter, too; with their sizes where this role may know them. */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  await using session = await Session.open(locationOf(source), signal)
  const rows = await session.rows(
    signal,
    `SELECT datname, CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END
     FROM pg_database WHERE datname <> current_database() AND datname NOT IN ('template0', 'template1') ORDER BY datname`,
  )
  for (const [database, bytes] of rows) {
    const url = urlOf(source.url, database ?? '')
    yield {
      url,
      kind: 'postgres',
      ...(bytes === null || bytes === undefined ? {} : { bytes: Number(bytes) }),
    }
  }
}
