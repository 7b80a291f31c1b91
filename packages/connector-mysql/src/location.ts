import { decodedPart, RestituteError, type SourceSpec } from '@restitute/core'
import { definerName } from './text.ts'

/** Where a database is, and as whom to reach it. */
export interface Location {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** `off`: in clear; `required`: TLS with a certificate for this host that the system trusts, or any by `ca`. */
  readonly tls: 'off' | 'required'
  /** File of the certificate authority, PEM. */
  readonly ca?: string
  /** Of a target: its accounts and grants are made and compared, too. */
  readonly accounts: boolean
  /** Accounts and roles that belong to this database alone, as SQL names them: a destruction drops them with it. */
  readonly owned: readonly string[]
  /** Seconds that a statement may take; 0 for any time. */
  readonly statementTimeout: number
}

const form =
  'mysql://user@host:port/database, with ?tls=required&ca=/file.pem&accounts=restore&statement_timeout=6h where wanted'
const parameters = new Set(['tls', 'ca', 'accounts', 'statement_timeout', 'owned'])
const units = { ms: 0.001, s: 1, min: 60, h: 3600 } as const
// Reading a very large table takes hours; what takes longer is hanging.
const longestStatement = 6 * units.h

/** The location that a source's URL and secret give; throws `usage`. The password is the secret, never in the URL. */
export function locationOf(source: SourceSpec): Location {
  const url = parsed(source.url)
  const database = decoded(url.pathname.slice(1))
  const unknown = [...url.searchParams.keys()].some((name) => !parameters.has(name))
  if (!url.hostname || !url.username || !database || url.pathname.slice(1).includes('/') || unknown)
    throw wrong()
  if (url.password)
    throw new RestituteError('secret-in-clear', `source url: expected ${form}, got a password in it`)
  const tls = url.searchParams.get('tls') ?? 'off'
  if (tls !== 'off' && tls !== 'required') throw wrong()
  const ca = url.searchParams.get('ca')
  const accounts = url.searchParams.get('accounts')
  if (accounts !== null && accounts !== 'restore') throw wrong()
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 3306),
    user: decoded(url.username),
    password: source.secret ?? '',
    database,
    tls,
    accounts: accounts !== null,
    owned: (url.searchParams.get('owned') ?? '').split(',').filter(Boolean).map(definerName),
    statementTimeout: seconds(url.searchParams.get('statement_timeout')),
    ...(ca === null ? {} : { ca }),
  }
}

/** The URL of another database on the same server, seen by the same account. */
export function urlOf(source: SourceSpec, database: string): string {
  const url = parsed(source.url)
  url.pathname = `/${encodeURIComponent(database)}`
  // What belongs to this database alone belongs to no other.
  for (const own of ['owned', 'accounts']) url.searchParams.delete(own)
  return url.href
}

/** A location as messages name it. */
export function nameOf({ host, port, database }: Location): string {
  return `mysql://${host}:${port}/${database}`
}

function seconds(text: string | null): number {
  if (text === null) return longestStatement
  const [, number, unit] = /^(\d+)(ms|s|min|h)$/.exec(text) ?? []
  if (number === undefined && text !== '0') throw wrong()
  return Number(number ?? 0) * units[(unit ?? 's') as keyof typeof units]
}

function parsed(text: string): URL {
  if (!text.startsWith('mysql://') || !URL.canParse(text)) throw wrong()
  return new URL(text)
}

function decoded(text: string): string {
  const whole = decodedPart(text)
  if (whole === undefined) throw wrong()
  return whole
}

function wrong(): RestituteError {
  return new RestituteError('usage', `source url: expected ${form}`)
}
