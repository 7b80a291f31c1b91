import { type Sibling, type SourceSpec } from '@restitute/core'
import { failed } from './errors.ts'
import { locationOf, nameOf, urlOf } from './location.ts'
import { systemDatabases } from './schema.ts'
import { Session } from './session.ts'

/** The other databases of the server that the account may see. */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const location = locationOf(source)
  await using session = await Session.open(location, signal)
  for (const [name = '', bytes] of await listed(session, signal)) {
    if (systemDatabases.has(name.toLowerCase()) || name === location.database) continue
    yield {
      url: urlOf(source, name),
      kind: 'mysql',
      ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
    }
  }
}

async function listed(session: Session, signal: AbortSignal): Promise<(string | undefined)[][]> {
  try {
    return await session.texts(
      `SELECT s.SCHEMA_NAME, SUM(t.DATA_LENGTH + t.INDEX_LENGTH) FROM information_schema.SCHEMATA s
       LEFT JOIN information_schema.TABLES t ON BINARY t.TABLE_SCHEMA = BINARY s.SCHEMA_NAME GROUP BY BINARY s.SCHEMA_NAME ORDER BY 1`,
      signal,
    )
  } catch (error) {
    throw failed('source-unreachable', `list the databases of ${nameOf(session.location)}`, error)
  }
}
