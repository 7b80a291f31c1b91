import type { DefinedObject } from './defined-object.ts'
import { hasOnDatabase, hasOnServer, tableRights } from './rights.ts'
import type { Session } from './session.ts'
import { quoteText } from './text.ts'

const routines = ['EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE']

/**
 * What the server leaves out of its lists unless the account has a right on it, each kind as something that is lost: there may be some
 * of it that nobody reads and nobody misses.
 */
export async function hiddenFrom(session: Session, signal: AbortSignal): Promise<DefinedObject[]> {
  const [[name = ''] = []] = await session.texts(
    `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(session.location.database)}`,
    signal,
  )
  const has = (rights: readonly string[]): Promise<boolean> => hasOnDatabase(session, name, rights, signal)
  const seen = [
    ['tables', 'SELECT', await has(tableRights)],
    ['triggers', 'TRIGGER', await has(['TRIGGER'])],
    ['events', 'EVENT', await has(['EVENT'])],
    ['routines', 'EXECUTE', (await has(routines)) || (await readsAllRoutines(session, signal))],
  ] as const
  return seen.flatMap(([kind, right, isSeen]) => (isSeen ? [] : [lost(kind, right)]))
}

/** MariaDB shows them to whoever reads mysql.proc, MySQL to whoever has SHOW_ROUTINE, or SELECT on all. */
async function readsAllRoutines(session: Session, signal: AbortSignal): Promise<boolean> {
  if (!session.mariadb) return hasOnServer(session, ['SHOW_ROUTINE', 'SELECT'], signal)
  return session.run('SELECT 1 FROM mysql.proc LIMIT 1', signal).then(
    () => true,
    () => false,
  )
}

function lost(kind: string, right: string): DefinedObject {
  const reason = `the account does not see all of them without ${right} on the whole database: there may be others`
  return { id: kind, kind, name: '', files: [], meaning: 'unreadable', lost: reason }
}
