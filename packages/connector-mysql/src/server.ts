import { fingerprintOfIdentity, type Sighting } from '@restitute/core'
import type { Session } from './session.ts'

/**
 * Identity of the server: that of all its databases, and of those that were. MariaDB makes its own out of a network card and a port, which containers on
 * different machines, and servers that follow one another on one, have in common: where it runs and keeps its data is told, too, and `age`.
 */
export async function serverOf(
  session: Session,
  signal: AbortSignal,
): Promise<Required<Pick<Sighting, 'server'>> & Pick<Sighting, 'age'>> {
  const named = fingerprintOfIdentity(`mysql server\n${await nameOfServer(session, signal)}`)
  if (!session.mariadb) return { server: named }
  const placed = fingerprintOfIdentity(`mysql place\n${await placeOfServer(session, signal)}`)
  return { server: `${named} ${placed}`, ...(await ageOf(session, signal)) }
}

/** MySQL's server_uuid, MariaDB's server_uid (from 10.5.26 on), else where it runs and keeps its data. */
export async function nameOfServer(session: Session, signal: AbortSignal): Promise<string> {
  const named = session.mariadb ? '@@server_uid' : '@@server_uuid'
  const own = await session.texts(`SELECT ${named}`, signal).catch(() => [])
  return own[0]?.[0] || placeOfServer(session, signal)
}

async function placeOfServer(session: Session, signal: AbortSignal): Promise<string> {
  const [row = []] = await session.texts('SELECT @@hostname, @@port, @@datadir', signal)
  return row.join('\n')
}

/** Up to where InnoDB's log has been written since its files were made. */
async function ageOf(session: Session, signal: AbortSignal): Promise<Pick<Sighting, 'age'>> {
  const [[, position] = []] = await session.texts("SHOW GLOBAL STATUS LIKE 'Innodb_lsn_current'", signal)
  return position === undefined ? {} : { age: Number(position) }
}
