import { RestituteError } from '@restitute/core'
import type { Location } from './location.ts'
import type { Session } from './session.ts'

// Groups of a declared role, direct or not. The server's own ones and superusers reach every database, and pg_shdepend knows
// nothing of them; of the others it knows what they own or may use, and where. A role itself is DROP ROLE's own affair.
const elsewhereSql = `WITH RECURSIVE groups(declared, id) AS (
    SELECT m.member, m.roleid FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member WHERE r.rolname = ANY ($1::text[])
    UNION SELECT g.declared, m.roleid FROM groups g JOIN pg_catalog.pg_auth_members m ON m.member = g.id)
  SELECT d.rolname, r.rolname FROM groups g JOIN pg_catalog.pg_roles d ON d.oid = g.declared JOIN pg_catalog.pg_roles r ON r.oid = g.id
  WHERE r.rolsuper OR r.rolname ~ '^pg_' OR EXISTS (
    SELECT FROM pg_catalog.pg_shdepend s LEFT JOIN pg_catalog.pg_database b ON b.datname = $2
    WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.refobjid = r.oid
      AND s.classid <> 'pg_catalog.pg_auth_members'::pg_catalog.regclass
      AND CASE s.dbid WHEN 0 THEN s.classid <> 'pg_catalog.pg_database'::pg_catalog.regclass OR s.objid IS DISTINCT FROM b.oid
        ELSE s.dbid IS DISTINCT FROM b.oid END)
  ORDER BY 1, 2 LIMIT 1`

/**
 * Refuses (`destroy-failed`) to drop a declared role that works in another database through a group role: it is not this
 * database's alone, and DROP ROLE would take it without a word.
 */
export async function expectOwnedAlone(
  session: Session,
  { database, roles }: Location,
  signal: AbortSignal,
): Promise<void> {
  const [found] = await session.rows(signal, elsewhereSql, [textArray(roles), database])
  if (found === undefined) return
  const [role, group] = found
  throw new RestituteError(
    'destroy-failed',
    `drop the role ${role}: expected it to belong to ${database} alone, got a member of ${group}, which reaches further`,
    { hint: 'take it out of roles= in the url, or revoke this membership first' },
  )
}

/** Names as the server reads an array of them. */
export function textArray(names: readonly string[]): string {
  return `{${names.map((name) => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`
}
