import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import {
  decodedPart,
  fingerprintOfIdentity,
  LendingSocket,
  RestituteError,
  type SourceSpec,
} from '@restitute/core'
import type { ClientConfig } from 'pg'

const timeUnits = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 } as const
const tlsOptions = ['sslrootcert', 'sslcert', 'sslkey']
const knownOptions = ['sslmode', ...tlsOptions, 'statement_timeout', 'roles', 'maintenance']
// A scan of a very large table takes hours; what takes longer is hanging.
const longestStatementMs = 6 * timeUnits.h

/** Where a database is, and as whom to enter it. Serialisable. */
export interface Location {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly secret?: string
  readonly sslmode: string
  /** Files of TLS, where the URL names them. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** Their paths, for pg_dump, by the names that libpq has for them. */
  readonly tlsPaths: Readonly<Record<string, string>>
  /** Milliseconds; 0 for none. */
  readonly statementTimeout: number
  /** Roles that the operator declares to belong to this database alone. */
  readonly roles: readonly string[]
  /** Database to enter when the one meant is not there, or must not be entered. */
  readonly maintenance: string
}

/**
 * `postgres://user@host:port/database?…` with `sslmode` (`disable`, `require`, `verify-ca`, `verify-full`; default
 * `disable` on the loopback, `require` elsewhere), `sslrootcert`, `sslcert`, `sslkey` (paths), `host` (folder of a socket), `statement_timeout` (`90s`, `30min`, `0`), `roles` (names with `,` between) and `maintenance`
 * (default `postgres`). Throws `usage`; `secret-in-clear` for a password in the URL.
 */
export function locationOf({ url, secret }: SourceSpec): Location {
  const parsed = parse(url)
  const database = decodedPart(parsed.pathname.slice(1))
  const user = decodedPart(parsed.username)
  const host = parsed.searchParams.get('host') ?? parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!database || !user || !host) throw badUrl(url)
  const option = (name: string): string | undefined => parsed.searchParams.get(name) ?? undefined
  return {
    ...{ host, port: Number(parsed.port || 5432), user, database },
    ...(secret === undefined ? {} : { secret }),
    sslmode: option('sslmode') ?? (isLocal(host) ? 'disable' : 'require'),
    tls: filesOf(option('sslrootcert'), option('sslcert'), option('sslkey')),
    tlsPaths: Object.fromEntries([...parsed.searchParams].filter(([name]) => tlsOptions.includes(name))),
    statementTimeout: milliseconds(url, option('statement_timeout')),
    roles: (option('roles') ?? '').split(',').filter((name) => name !== ''),
    maintenance: option('maintenance') ?? 'postgres',
  }
}

function parse(url: string): URL {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'postgres:') throw badUrl(url)
  if (parsed.password) {
    throw new RestituteError('secret-in-clear', 'source url: expected no password in it, got one', {
      hint: 'take it out and give it by reference: secret: env:NAME',
    })
  }
  const strange = [...parsed.searchParams.keys()].filter(
    (name) => !knownOptions.includes(name) && name !== 'host',
  )
  if (strange.length > 0) {
    throw new RestituteError('usage', `source url: unknown option ${strange.join(', ')}`, {
      hint: `known: ${knownOptions.join(', ')}`,
    })
  }
  return parsed
}

function badUrl(url: string): RestituteError {
  return new RestituteError(
    'usage',
    `source url: expected postgres://user@host:port/database, got ${url.replace(/\/\/[^@/]*@/, '//…@')}`,
  )
}

/** The same server and person, another database. */
export function inDatabase(location: Location, database: string): Location {
  return { ...location, database }
}

/** Name of a place in messages: no secret, no user. */
export function placeOf({ host, port, database }: Location): string {
  return `postgres ${host}:${port}/${database}`
}

/** The URL of another database of the same server. */
export function urlOf(url: string, database: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${encodeURIComponent(database)}`
  return parsed.href
}

/** Connection parameters for the driver; every value comes back as the text that the server sends. */
export function clientConfig(location: Location, applicationName: string): ClientConfig {
  const { host, port, user, database, secret } = location
  return {
    ...{ host, port, user, database, application_name: applicationName },
    // Never the driver's own look into the environment or ~/.pgpass: a secret comes by reference or not at all.
    password: secret ?? '',
    ssl: tlsOf(location),
    // Where the driver puts TLS over it, it lends nothing.
    stream: () => new LendingSocket(),
    // A way that is cut without a word is found out within half a minute.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 8_000,
    types: { getTypeParser: () => (value: string | Buffer) => value },
  }
}

/** Identity of a database, short enough to be typed (R35): of its cluster and its number there. */
export function fingerprintOf(system: string, oid: string): string {
  return fingerprintOfIdentity(`postgres\n${system}\n${oid}`)
}

/** A name as SQL writes it, always quoted. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL writes it, whatever standard_conforming_strings says. */
export function literal(text: string): string {
  const doubled = text.replaceAll("'", "''")
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

function tlsOf({ sslmode, tls, host }: Location): ClientConfig['ssl'] {
  if (sslmode === 'disable') return false
  const strict = sslmode === 'verify-full' || sslmode === 'verify-ca'
  // An address is no name to ask for, but is to be in the certificate.
  const servername = isIP(host) > 0 ? { host } : { servername: host }
  const anyName = sslmode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}
  return { rejectUnauthorized: strict, ...servername, ...anyName, ...tls }
}

function filesOf(ca?: string, cert?: string, key?: string): Location['tls'] {
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert, 'utf8') }),
    ...(key === undefined ? {} : { key: readFileSync(key, 'utf8') }),
  }
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(host)
}

function milliseconds(url: string, text: string | undefined): number {
  if (text === undefined) return longestStatementMs
  const found = /^(\d+)(ms|s|min|h)?$/.exec(text)
  if (!found) throw badUrl(url)
  const unit = (found[2] ?? 'ms') as keyof typeof timeUnits
  return Number(found[1]) * timeUnits[unit]
}
