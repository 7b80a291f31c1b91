import type { Item } from '@restitute/core'
import { sha256 } from './digest.ts'
import { literal, quoted } from './location.ts'
import { label } from './names.ts'
import type { Session } from './session.ts'
import { isSuperuser } from './settings.ts'
import { notOfExtension } from './user-objects.ts'

/** A role that something in the database refers to, a value too, one that such a role is a member of, or a member of such a one. */
export interface Role {
  readonly name: string
  /** What it may do, in the words of CREATE ROLE; never its password. */
  readonly abilities: string
  /** Roles that it is a member of; `admin` may hand them on. Of a mere member, only those that give it rights here. */
  readonly memberships: readonly Membership[]
  /** `name=value` of ALTER ROLE … SET, for every database. */
  readonly settings: readonly string[]
  readonly comment?: string
}

/** `terms`: what it does not give although the member's role would, or the other way round (version 16 and later). */
interface Membership {
  readonly of: string
  readonly admin: boolean
  readonly terms?: string
}

const owned = [
  ...[`pg_proc proowner proacl`, `pg_type typowner typacl`, `pg_namespace nspowner nspacl`],
  ...[
    `pg_foreign_data_wrapper fdwowner fdwacl`,
    `pg_foreign_server srvowner srvacl`,
    `pg_language lanowner lanacl`,
  ],
  ...[`pg_operator oprowner`, `pg_opclass opcowner`, `pg_opfamily opfowner`, `pg_collation collowner`],
  ...[`pg_conversion conowner`, `pg_ts_config cfgowner`, `pg_ts_dict dictowner`, `pg_statistic_ext stxowner`],
  ...[`pg_event_trigger evtowner`, `pg_publication pubowner`],
].map((one) => one.split(' '))

// pg_shdepend knows nothing of the role that made the server (10), whatever it owns or may do.
const ownersSql = [
  'SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid >= 16384',
  'SELECT m.lomowner FROM pg_catalog.pg_largeobject_metadata m',
  'SELECT g.grantee FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) g WHERE c.oid >= 16384 AND g.grantee = 10',
  ...owned.flatMap(([catalog = '', owner, acl]) => {
    const own = `o.oid >= 16384 AND ${notOfExtension(catalog, 'o.oid')}`
    return [
      `SELECT o.${owner} FROM pg_catalog.${catalog} o WHERE o.${owner} = 10 AND ${own}`,
      ...(acl
        ? [
            `SELECT g.grantee FROM pg_catalog.${catalog} o, pg_catalog.aclexplode(o.${acl}) g WHERE g.grantee = 10 AND ${own}`,
          ]
        : []),
    ]
  }),
].join(' UNION ')

// Columns that say, from version 16 on, whether a membership gives anything: whoever makes a role is given one that gives nothing.
// Texts are compared: a cast to boolean may be the database's own.
const gives = (option: string): string => `to_jsonb(m) ->> '${option}' IS DISTINCT FROM 'false'`
const givesRights = `${gives('inherit_option')} OR ${gives('set_option')}`

// Owners, holders of rights, subjects of policies (named); what these are members of (used; the server's own roles come with it);
// and who has rights in the database by being a member of a named one. Never by one of the server's own roles or a superuser:
// their members are of the whole server.
const delivered = `WITH RECURSIVE named(id) AS (
    SELECT d.refobjid FROM pg_catalog.pg_shdepend d
      JOIN pg_catalog.pg_database b ON b.datname = pg_catalog.current_database()
      WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
        AND (d.dbid = b.oid OR d.dbid = 0 AND d.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND d.objid = b.oid)
    UNION SELECT b.datdba FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database()
    UNION SELECT s.setrole FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase
      WHERE b.datname = pg_catalog.current_database() AND s.setrole <> 0
    UNION ${ownersSql}),
  used(id) AS (SELECT id FROM named UNION SELECT m.roleid FROM used u JOIN pg_catalog.pg_auth_members m ON m.member = u.id),
  ordinary(id) AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'),
  members(id) AS (SELECT id FROM named JOIN ordinary USING (id)
    UNION SELECT o.id FROM members u JOIN pg_catalog.pg_auth_members m ON m.roleid = u.id JOIN ordinary o ON o.id = m.member WHERE ${givesRights}),
  delivered(id) AS (SELECT id FROM used UNION SELECT id FROM members)`

/** SQL for the numbers of the roles that are delivered, without superusers, who need no right. */
export const deliveredRoles: string = `(${delivered} SELECT id FROM delivered JOIN ordinary USING (id))`

const rolesSql = `${delivered} SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
    r.rolconnlimit, coalesce(to_jsonb(s.setconfig), '[]'),
    (SELECT coalesce(jsonb_agg(jsonb_build_array(g.rolname, m.admin,
        CASE WHEN m.inherit <> r.rolinherit THEN ', INHERIT ' || pg_catalog.upper(m.inherit::text) ELSE '' END || CASE WHEN m.set THEN '' ELSE ', SET FALSE' END)
        ORDER BY g.rolname), '[]') FROM (
      SELECT m.roleid, pg_catalog.bool_or(m.admin_option) AS admin,
        pg_catalog.bool_or(coalesce(to_jsonb(m) ->> 'inherit_option' = 'true', r.rolinherit)) AS inherit,
        pg_catalog.bool_or(${gives('set_option')}) AS set
      FROM pg_catalog.pg_auth_members m WHERE m.member = r.oid
        AND (r.oid IN (SELECT id FROM used) OR m.roleid IN (SELECT id FROM members)) GROUP BY 1) m
      JOIN pg_catalog.pg_roles g ON g.oid = m.roleid),
    r.rolvaliduntil, pg_catalog.shobj_description(r.oid, 'pg_authid')
  FROM pg_catalog.pg_roles r JOIN (SELECT id FROM delivered UNION SELECT pg_catalog.unnest($1::pg_catalog.oid[])) u ON u.id = r.oid
    LEFT JOIN pg_catalog.pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
  WHERE r.rolname !~ '^pg_' ORDER BY r.rolname`

/** The roles of the database, and those of these numbers, in the order of their names. */
export async function readRoles(
  session: Session,
  numbers: readonly string[],
  signal: AbortSignal,
): Promise<Role[]> {
  const rows = await session.rows(signal, rolesSql, [`{${numbers.join(',')}}`])
  return rows.map(([name, ...rest]) => {
    const [superuser, inherit, createRole, createDb, login, replication, bypass, limit, ...more] = rest
    const [settings, members, until, comment] = more
    const flag = (value: string | null | undefined, word: string): string =>
      value === 't' ? word : `NO${word}`
    return {
      name: name ?? '',
      abilities: [
        ...[flag(superuser, 'SUPERUSER'), flag(inherit, 'INHERIT'), flag(createRole, 'CREATEROLE')],
        ...[flag(createDb, 'CREATEDB'), flag(login, 'LOGIN'), flag(replication, 'REPLICATION')],
        ...[flag(bypass, 'BYPASSRLS'), `CONNECTION LIMIT ${limit}`],
        ...(until == null ? [] : [`VALID UNTIL ${literal(until)}`]),
      ].join(' '),
      settings: JSON.parse(settings ?? '[]') as string[],
      memberships: (JSON.parse(members ?? '[]') as [string, boolean, string][]).map(([of, admin, terms]) => ({
        of,
        admin,
        ...(terms === '' ? {} : { terms: terms.slice(2) }),
      })),
      ...(comment == null ? {} : { comment }),
    }
  })
}

/** Roles as items without bytes. */
export function roleItems(roles: readonly Role[]): Item[] {
  return roles.map((role) => {
    const digest = sha256(
      JSON.stringify([role.name, role.abilities, role.memberships, role.settings, ...commentOf(role)]),
    )
    return { id: `role/${label(role.name)}`, kind: 'role', bytes: 0, mark: digest, digest }
  })
}

/** Creates the roles that are not there yet; one that is there stays as it is. */
export function rolesScript(roles: readonly Role[]): string {
  return [...roles.map(createRole), ...roles.flatMap(memberships)].join('')
}

function commentOf({ comment }: Role): string[] {
  return comment === undefined ? [] : [comment]
}

/** Whoever is no superuser can give objects to roles alone that he is a member of. */
function createRole(role: Role): string {
  const { name, abilities, settings } = role
  const all = [
    `EXECUTE ${literal(`CREATE ROLE ${quoted(name)} WITH ${abilities}`)};`,
    ...settings.map(
      (setting) => `EXECUTE ${literal(`ALTER ROLE ${quoted(name)} SET ${settingOf(setting)}`)};`,
    ),
    ...commentOf(role).map(
      (comment) => `EXECUTE ${literal(`COMMENT ON ROLE ${quoted(name)} IS ${literal(comment)}`)};`,
    ),
    `IF NOT ${isSuperuser} THEN EXECUTE ${literal(`GRANT ${quoted(name)} TO CURRENT_USER`)}; END IF;`,
  ]
  return `DO ${literal(
    `BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(name)}) THEN ${all.join(' ')} END IF; END`,
  )};\n`
}

/** A NOTICE is all that a grant gives that exists. */
function memberships({ name, memberships }: Role): string[] {
  return memberships.map((one) => `GRANT ${quoted(one.of)} TO ${quoted(name)}${optionsOf(one)};\n`)
}

function optionsOf({ admin, terms }: Membership): string {
  const options = [...(admin ? ['ADMIN OPTION'] : []), ...(terms === undefined ? [] : [terms])]
  return options.length > 0 ? ` WITH ${options.join(', ')}` : ''
}

// Lists of names are written name by name, as pg_dump does; anything else is one text.
const lists = [
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]

/** `name = value` for SET, out of `name=value` as the catalogue keeps it. */
export function settingOf(setting: string): string {
  const at = setting.indexOf('=')
  const [name, value] = [setting.slice(0, at), setting.slice(at + 1)]
  const words = name.split('.').map(quoted).join('.')
  return `${words} = ${lists.includes(name.toLowerCase()) ? listOf(value) : literal(value)}`
}

/** A name without a letter, which the catalogue may hold in a list, is none in SQL: it is a text there. */
function listOf(value: string): string {
  return value.replaceAll(/"(?:[^"]|"")*"/g, (name) => (name === '""' ? "''" : name)) || "''"
}
