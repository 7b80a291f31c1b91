import { quoted } from '../location.ts'

/**
 * SQL for who may do what with an object, beyond and below what an owner has by default: two servers of different
 * versions, and a restored copy, give the same. `acl` is the column, `type` the letter of `acldefault`.
 */
export function grants(acl: string, type: string, owner: string): string {
  const usual = `pg_catalog.acldefault('${type}', ${owner})`
  return rightsBeyond(`coalesce(${acl}, ${usual})`, usual)
}

/** SQL: the same beyond and below the rights `usual`; NULL where they are these. */
export function rightsBeyond(given: string, usual: string): string {
  return `(SELECT jsonb_agg(e ORDER BY e) FROM (
    (SELECT '+ ' || p.x AS e FROM (${rights(given)} EXCEPT ${rights(usual)}) p)
    UNION ALL (SELECT '- ' || p.x FROM (${rights(usual)} EXCEPT ${rights(given)}) p)) u)`
}

/** `+ SELECT to role x` or `- CONNECT to public` as a statement; `object` is for instance `DATABASE "lab"`. */
export function grantStatement(right: string, object: string): string {
  const [, sign, privilege, to, role, grantable] = form.exec(right) ?? []
  const who = to === 'public' ? 'PUBLIC' : quoted(role ?? '')
  return sign === '+'
    ? `GRANT ${privilege} ON ${object} TO ${who}${grantable ? ' WITH GRANT OPTION' : ''};\n`
    : `REVOKE ${privilege} ON ${object} FROM ${who};\n`
}

const form = /^([+-]) (\w+) to (public|role (.*?))( grantable)?$/s

function rights(acl: string): string {
  return `SELECT g.privilege_type || CASE g.grantee WHEN 0 THEN ' to public' ELSE ' to role ' || pg_catalog.pg_get_userbyid(g.grantee) END
    || CASE WHEN g.is_grantable THEN ' grantable' ELSE '' END AS x FROM pg_catalog.aclexplode(${acl}) g
    WHERE g.privilege_type <> 'MAINTAIN' OR ${fewerThanAll(acl)}`
}

/** MAINTAIN came with 17, as a part of ALL: it says nothing of who had all seven rights on a table before. */
function fewerThanAll(acl: string): string {
  return `(SELECT pg_catalog.count(DISTINCT o.privilege_type) FROM pg_catalog.aclexplode(${acl}) o
    WHERE o.grantee = g.grantee AND o.privilege_type <> 'MAINTAIN') < 7`
}
