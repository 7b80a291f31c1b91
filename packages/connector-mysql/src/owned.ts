import { RestituteError } from '@restitute/core'
import type { Session } from './session.ts'
import { accountName, quoteName } from './text.ts'

/** The declared accounts and roles (`owned=`) that are there, as SQL names them, in the order of their declaration. */
export async function ownedThere(session: Session, signal: AbortSignal): Promise<string[]> {
  const owned = ownedNames(session)
  if (owned.length === 0) return []
  const rows = await session.texts('SELECT User, Host FROM mysql.user', signal)
  const there = new Set(rows.map(([user = '', host = '']) => accountName(user, host)))
  return owned.filter((name) => there.has(name))
}

/** The declared accounts and roles, as SQL names them: to MySQL, what is named without a host is one of any host. */
export function ownedNames({ mariadb, location }: Session): string[] {
  return location.owned.map((name) => (mariadb || name.includes('`@`') ? name : `${name}@\`%\``))
}

/** Refuses (`destroy-failed`) to drop accounts that may do something elsewhere: they are not the database's alone. */
export async function expectOwnedAlone(
  session: Session,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    const grants = await grantsOf(session, name, new Set(), signal)
    const elsewhere = grants.filter((grant) => !isOnly(session.location.database, grant))
    if (elsewhere.length === 0) continue
    throw new RestituteError(
      'destroy-failed',
      `drop the account ${name}: expected rights on ${session.location.database} alone, got ${elsewhere.length} elsewhere`,
      { hint: 'take it out of owned= in the url, or revoke these rights first' },
    )
  }
}

/** What SHOW GRANTS tells of an account, and of every role that it is a member of, directly or by another one. */
async function grantsOf(
  session: Session,
  name: string,
  seen: Set<string>,
  signal: AbortSignal,
): Promise<string[]> {
  if (seen.has(name)) return []
  seen.add(name)
  const grants = (await session.texts(`SHOW GRANTS FOR ${name}`, signal)).map(([grant = '']) => grant)
  const roles = grants.flatMap((grant) => memberOf.exec(grant)?.[1] ?? [])
  for (const role of roles.flatMap((list) => list.split(/,(?=`)/))) {
    grants.push(...(await grantsOf(session, role, seen, signal)))
  }
  return grants
}

/** A role, or on MySQL several. */
const memberOf = /^GRANT ((?:`(?:[^`]|``)+`(?:@`(?:[^`]|``)*`)?,?)+) TO /

/** Whether a line of SHOW GRANTS gives nothing beyond this database, its name taken as a name and not as a pattern. */
function isOnly(database: string, grant: string): boolean {
  if (/^GRANT USAGE ON \*\.\* TO |^SET DEFAULT ROLE |^GRANT [`'][^ ]* TO /.test(grant)) return true
  const escaped = database.replaceAll(/[\\_%]/g, (character) => `\\${character}`)
  const rest = grant.replace(/^GRANT .*? ON (?:(?:FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE) )?(?=`)/s, '')
  return [database, escaped].some((name) => rest.startsWith(`${quoteName(name)}.`))
}

/** Drops an account or a role. */
export async function dropAccount(session: Session, name: string, signal?: AbortSignal): Promise<void> {
  const kind = session.mariadb && !name.includes('`@`') ? 'ROLE' : 'USER'
  await session.run(`DROP ${kind} IF EXISTS ${name}`, signal)
}
