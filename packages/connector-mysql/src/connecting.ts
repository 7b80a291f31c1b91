import { readFileSync } from 'node:fs'
import { RestituteError } from '@restitute/core'
import { type Connection, createConnection, type SslOptions } from 'mysql2'
import { keepTails, lendingStream } from './lending.ts'
import type { Location } from './location.ts'

/**
 * Nothing is said for hours while the server reads a large table, and by day while a view waits for its window. The two hours of
 * the system are longer than firewalls remember such a connection: its view would be gone every day, and not known to be.
 */
const keepAliveInitialDelay = 10_000

/** A connection, to a database or to none; throws `interrupted`, and the errors of mysql2 as they come. */
export function connected(
  location: Location,
  database: string | undefined,
  signal: AbortSignal,
): Promise<Connection> {
  const { host, port, user, password, tls, ca } = location
  return new Promise((resolve, reject) => {
    const connection = createConnection({
      ...{ host, port, user, password, charset: 'utf8mb4_bin' },
      ...{ connectTimeout: 15_000, keepAliveInitialDelay },
      ...(database === undefined ? {} : { database }),
      ...(tls === 'off' ? { stream: lendingStream(host, port, keepAliveInitialDelay) } : { ssl: tlsBy(ca) }),
    })
    const giveUp = (): void => {
      connection.destroy()
      reject(new RestituteError('interrupted', 'interrupted before the end', { cause: signal.reason }))
    }
    signal.addEventListener('abort', giveUp, { once: true })
    connection.once('error', reject)
    keepTails(connection)
    connection.once('connect', () => {
      signal.removeEventListener('abort', giveUp)
      connection.removeListener('error', reject)
      resolve(connection)
    })
  })
}

/**
 * By an authority that everybody may ask for a certificate, the server must be the one of that name; not by one of the house, since
 * what MariaDB and MySQL make for themselves names no host.
 */
function tlsBy(ca: string | undefined): SslOptions {
  return ca === undefined
    ? { rejectUnauthorized: true, verifyIdentity: true }
    : { rejectUnauthorized: true, ca: readFileSync(ca) }
}
