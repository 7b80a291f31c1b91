import { isFailure, reasonOf } from './errors.ts'
import { databaseGrants, routineGrants, tableGrants } from './grants.ts'
import type { Session } from './session.ts'
import { accountName, definedId, definerName, ofSchema, quoteName, quoteText } from './text.ts'

/** An account or role with rights on the database, or that something in it runs as; never its password. */
export interface Account {
  readonly user: string
  /** Empty for a role of MariaDB; MySQL's roles are accounts. */
  readonly host: string
  /** `REQUIRE …`, `WITH …` of CREATE USER. */
  readonly terms: string
  /** Rights on the database in the words of GRANT, `SELECT, INSERT ON *`, ascending. */
  readonly grants: readonly string[]
  /** Roles with rights on the database that it is a member of, ascending, as SQL names them. */
  readonly roles: readonly { readonly name: string; readonly admin: boolean }[]
  /** The role that it starts with, when it is one of these. */
  readonly defaultRole?: string
}

/** What could be read of them; `lost` says why nothing could. */
export interface Accounts {
  readonly accounts: readonly Account[]
  readonly lost?: string
}

/**
 * The accounts of a database (R12): whoever holds a right on it or on something in it, directly or by a role, and the
 * definers. Rights on everything (`*.*`) belong to the server and are left out; so are grants on what does not exist,
 * and what is held on the `lost` ids or is their definer, for they will not be there where these are made again.
 * The tables of the server are read as they are now: no transaction holds them.
 */
export async function readAccounts(
  session: Session,
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Accounts> {
  try {
    return { accounts: await accountsOf(session, lost, signal) }
  } catch (error) {
    if (isFailure(error) || signal.aborted) throw error
    return {
      accounts: [],
      lost: `the accounts and grants of the database cannot be read: ${reasonOf(error)}`,
    }
  }
}

async function accountsOf(
  session: Session,
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Account[]> {
  const grants = [
    ...(await databaseGrants(session, signal)),
    ...(await tableGrants(session, signal)),
    ...(await routineGrants(session, signal)),
  ].filter(({ on }) => !on.some((id) => lost.has(id)))
  const held = Map.groupBy(grants, ({ account }) => account)
  const members = await membersOf(session, signal)
  const wanted = withMembers(new Set([...held.keys(), ...(await definersOf(session, lost, signal))]), members)
  const known = await session.texts(accountsSql(session.mariadb), signal)
  return known.flatMap(([user = '', host = '', defaultRole = '', ...terms]) => {
    const name = accountName(user, host)
    if (!wanted.has(name)) return []
    const roles = members.filter(({ member, of }) => member === name && wanted.has(of))
    const first = roles.find(({ of }) => of === defaultRole || of === quoteName(defaultRole))?.of
    return [
      {
        ...{ user, host, terms: termsOf(terms) },
        grants: (held.get(name) ?? []).map(({ right }) => right).sort(),
        roles: roles.map(({ of, admin }) => ({ name: of, admin })).sort((a, b) => (a.name < b.name ? -1 : 1)),
        ...(first === undefined ? {} : { defaultRole: first }),
      },
    ]
  })
}

interface Membership {
  readonly member: string
  readonly of: string
  readonly admin: boolean
}

async function membersOf(session: Session, signal: AbortSignal): Promise<Membership[]> {
  const sql = session.mariadb
    ? "SELECT User, Host, Role, '', Admin_option FROM mysql.roles_mapping"
    : 'SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST, WITH_ADMIN_OPTION FROM mysql.role_edges'
  const rows = await session.texts(sql, signal)
  return rows.map(([user = '', host = '', role = '', roleHost = '', admin]) => ({
    member: accountName(user, host),
    of: accountName(role, roleHost),
    admin: admin === 'Y',
  }))
}

/** Who is a member of one of them, or of a role that is. */
function withMembers(accounts: Set<string>, members: readonly Membership[]): Set<string> {
  for (;;) {
    const more = members.filter(({ member, of }) => accounts.has(of) && !accounts.has(member))
    if (more.length === 0) return accounts
    for (const { member } of more) accounts.add(member)
  }
}

async function definersOf(
  session: Session,
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const schema = quoteText(session.location.database)
  const of = (kind: string, name: string, table: string, column: string): string =>
    `SELECT DEFINER, ${kind}, ${name} FROM information_schema.${table} WHERE ${ofSchema(column, schema)}`
  const all = [
    ...[of("'view'", 'TABLE_NAME', 'VIEWS', 'TABLE_SCHEMA')],
    ...[of('ROUTINE_TYPE', 'ROUTINE_NAME', 'ROUTINES', 'ROUTINE_SCHEMA')],
    ...[of("'trigger'", 'TRIGGER_NAME', 'TRIGGERS', 'TRIGGER_SCHEMA')],
    ...[of("'event'", 'EVENT_NAME', 'EVENTS', 'EVENT_SCHEMA')],
  ]
  // Not UNION, which would take two names for one that its collation does not tell apart.
  const rows = (await Promise.all(all.map((sql) => session.texts(sql, signal)))).flat()
  return rows
    .filter(([, kind = '', name = '']) => !lost.has(definedId(kind, name)))
    .map(([definer = '']) => definerName(definer))
}

const limits = ['max_questions', 'max_updates', 'max_connections', 'max_user_connections']

/** Column by column, so that an account which may not read the hashes of passwords can read this. */
function accountsSql(mariadb: boolean): string {
  const common = ['ssl_type', 'ssl_cipher', 'x509_issuer', 'x509_subject', ...limits]
  if (mariadb) {
    return `SELECT User, Host, default_role, ${[...common, 'max_statement_time'].join(',')} FROM mysql.user ORDER BY User, Host`
  }
  const role = "CONCAT('`',REPLACE(DEFAULT_ROLE_USER,'`','``'),'`@`',DEFAULT_ROLE_HOST,'`')"
  const roles = `(SELECT MIN(${role}) FROM mysql.default_roles d WHERE d.USER = u.User AND d.HOST = u.Host)`
  return `SELECT User, Host, ${roles}, ${common.join(',')} FROM mysql.user u ORDER BY User, Host`
}

function termsOf([ssl = '', cipher = '', issuer = '', subject = '', ...numbers]: (
  | string
  | undefined
)[]): string {
  const words = ['MAX_QUERIES', 'MAX_UPDATES', 'MAX_CONNECTIONS'].map((word) => `${word}_PER_HOUR`)
  const names = [...words, 'MAX_USER_CONNECTIONS', 'MAX_STATEMENT_TIME']
  const set = numbers.flatMap((value, i) => (Number(value) === 0 ? [] : [`${names[i]} ${Number(value)}`]))
  const given = { CIPHER: cipher, ISSUER: issuer, SUBJECT: subject }
  const exact = Object.entries(given).flatMap(([word, value]) =>
    value ? [`${word} '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`] : [],
  )
  const needs = { ANY: 'SSL', X509: 'X509', SPECIFIED: exact.join(' AND ') }[ssl]
  return [...(needs ? [`REQUIRE ${needs}`] : []), ...(set.length > 0 ? [`WITH ${set.join(' ')}`] : [])].join(
    ' ',
  )
}
