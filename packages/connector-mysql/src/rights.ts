import type { Session } from './session.ts'

/** Whether the account has one of these rights on the whole server, or all. */
export async function hasOnServer(
  session: Session,
  rights: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const grants = await grantsOf(session, signal)
  return isAmong(
    rights,
    grants.filter(({ database, revoked }) => database === undefined && !revoked),
  )
}

/** Whether it has one of them on all of a database. Of several patterns that fit its name the server takes one: each has to have it. */
export async function hasOnDatabase(
  session: Session,
  database: string,
  rights: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const fits = await fittingOf(session, database, signal)
  const fitting = (await grantsOf(session, signal)).filter((one) => !one.database || fits(one.database))
  const [revoked = [], given = []] = [true, false].map((is) => fitting.filter((one) => one.revoked === is))
  const left = rights.filter((right) => !isAmong([right], revoked))
  const onServer = given.filter((one) => one.database === undefined)
  if (left.length > 0 && isAmong(left, onServer)) return true
  const byPattern = Map.groupBy(
    given.filter((one) => one.database !== undefined),
    (one) => one.database,
  )
  return byPattern.size > 0 && [...byPattern.values()].every((grants) => isAmong(rights, grants))
}

/** Whether the server lists every table of every database for the account: MySQL may take a right back for single ones. */
export async function seesAllTables(session: Session, signal: AbortSignal): Promise<boolean> {
  const grants = await grantsOf(session, signal)
  return !grants.some(({ revoked }) => revoked) && (await hasOnServer(session, tableRights, signal))
}

/** With one of these on all tables, the server lists them. */
export const tableRights: readonly string[] = [
  ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP'],
  ...['REFERENCES', 'INDEX', 'ALTER', 'CREATE VIEW', 'SHOW VIEW', 'TRIGGER'],
]

interface Grant {
  readonly rights: readonly string[]
  /** Pattern of its name; undefined: the whole server. */
  readonly database: string | undefined
  readonly revoked: boolean
}

function isAmong(rights: readonly string[], grants: readonly Grant[]): boolean {
  return grants.some((grant) => ['ALL PRIVILEGES', ...rights].some((right) => grant.rights.includes(right)))
}

/** What SHOW GRANTS tells of all that is whole, by active roles, too: MySQL wants these named. */
async function grantsOf(session: Session, signal: AbortSignal): Promise<Grant[]> {
  const [[role = 'NONE'] = []] = session.mariadb ? [] : await session.texts('SELECT CURRENT_ROLE()', signal)
  const using = role === 'NONE' ? '' : ` FOR CURRENT_USER() USING ${role}`
  const lines = await session.texts(`SHOW GRANTS${using}`, signal)
  return lines.flatMap(([line = '']) => {
    const [, word, rights, , name] = whole.exec(line) ?? []
    if (rights === undefined) return []
    return [
      { rights: rights.split(/, ?/), database: name?.replaceAll('``', '`'), revoked: word === 'REVOKE' },
    ]
  })
}

const whole = /^(GRANT|REVOKE) (.*?) ON (\*|`((?:[^`]|``)+)`)\.\* (?:TO|FROM) /

/** A name in a grant is a pattern, but not where MySQL lets rights be taken back for single databases. */
async function fittingOf(
  session: Session,
  database: string,
  signal: AbortSignal,
): Promise<(name: string) => boolean> {
  const [[literal = '0'] = []] = session.mariadb
    ? []
    : await session.texts('SELECT @@partial_revokes', signal)
  return literal === '1' ? (name) => name === database : (name) => isLike(database, name)
}

/** As LIKE of SQL. */
function isLike(name: string, pattern: string): boolean {
  const form = pattern.replaceAll(/\\(.)|[%_]|[^\\%_]/gsu, (one, escaped?: string) => {
    if (escaped !== undefined) return RegExp.escape(escaped)
    return one === '%' ? '.*' : one === '_' ? '.' : RegExp.escape(one)
  })
  return new RegExp(`^${form}$`, 'su').test(name)
}
