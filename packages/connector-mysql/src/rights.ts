import type { Session } from './session.ts'

/** Whether the account has one of these rights on the whole server, or all. */
export async function hasOnServer(
  session: Session,
  rights: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const grants = await session.texts('SHOW GRANTS', signal)
  const given = grants.flatMap(
    ([grant = '']) => /^GRANT (.*) ON \*\.\* TO /.exec(grant)?.[1]?.split(', ') ?? [],
  )
  return ['ALL PRIVILEGES', ...rights].some((right) => given.includes(right))
}

/** Whether the server lists every table of every database for the account: MySQL may take a right back for single ones. */
export async function seesAllTables(session: Session, signal: AbortSignal): Promise<boolean> {
  const grants = await session.texts('SHOW GRANTS', signal)
  const isWhole = grants.every(([grant = '']) => !grant.startsWith('REVOKE '))
  return isWhole && (await hasOnServer(session, ['SELECT', 'REFERENCES', 'SHOW VIEW', 'DROP'], signal))
}
