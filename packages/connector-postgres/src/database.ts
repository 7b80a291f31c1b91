import type { Item } from '@restitute/core'
import { grantStatement, grants } from './definitions/grants.ts'
import { sha256 } from './digest.ts'
import { literal, quoted } from './location.ts'
import { settingOf } from './roles.ts'
import type { Row, Session } from './session.ts'

/** What the database is apart from what it holds. */
export interface Database {
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  /** `c` libc, `i` ICU, `b` built in. */
  readonly provider: string
  readonly locale: string | null
  readonly icuRules: string | null
  /** Version of the collation that it was made with. */
  readonly collationVersion: string | null
  readonly owner: string
  readonly comment: string | null
  readonly connectionLimit: string
  /** Whether anybody may make others from it; not there when not. */
  readonly template?: true
  /** Role (null for all) and `name=value`. */
  readonly settings: readonly (readonly [string | null, string])[]
  /** `+ CONNECT to role x`, `- TEMPORARY to public`. */
  readonly grants: readonly string[]
}

const databaseSql = `SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, to_jsonb(d) ->> 'datlocprovider',
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), to_jsonb(d) ->> 'daticurules', to_jsonb(d) ->> 'datcollversion',
    pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.shobj_description(d.oid, 'pg_database'), d.datconnlimit, d.datistemplate,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END, c) ORDER BY s.setrole <> 0, c COLLATE "C", pg_catalog.pg_get_userbyid(s.setrole)), '[]')
      FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c WHERE s.setdatabase = d.oid),
    coalesce(${grants('d.datacl', 'd', 'd.datdba')}, '[]')
  FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`

/** Reads what the database is. */
export async function readDatabase(session: Session, signal: AbortSignal): Promise<Database> {
  const [row = []] = await session.rows(signal, databaseSql)
  return databaseOf(row)
}

function databaseOf(row: Row): Database {
  const [
    encoding,
    collate,
    ctype,
    provider,
    locale,
    rules,
    version,
    owner,
    comment,
    limit,
    template,
    settings,
    rights,
  ] = row
  return {
    ...{ encoding: encoding ?? '', collate: collate ?? '', ctype: ctype ?? '', provider: provider ?? 'c' },
    ...{ locale: locale ?? null, icuRules: rules ?? null, collationVersion: version ?? null },
    ...{ owner: owner ?? '', comment: comment ?? null, connectionLimit: limit ?? '-1' },
    ...(template === 't' ? { template: true } : {}),
    settings: JSON.parse(settings ?? '[]') as [string | null, string][],
    grants: JSON.parse(rights ?? '[]') as string[],
  }
}

/** The database as an item without bytes. The version of its collation is told, and may differ elsewhere. */
export function databaseItem(database: Database): Item {
  const { collationVersion, ...meaning } = database
  const digest = sha256(JSON.stringify(meaning))
  const attributes = {
    encoding: database.encoding,
    locale: database.locale ?? database.collate,
    collationVersion,
  }
  return { id: 'database', kind: 'database', bytes: 0, mark: digest, digest, attributes }
}

/** Where psql puts the name that the user has given; ours puts it there likewise. */
export const databaseVariable = ':"database"'

/** `CREATE DATABASE`, one statement. Its owner is its own from the beginning: in `public`, he alone may have tables. */
export function createDatabase(database: Database): string {
  const { owner, encoding, collate, ctype, provider, locale, icuRules } = database
  const own = {
    c: [],
    i: [
      'LOCALE_PROVIDER icu',
      `ICU_LOCALE ${literal(locale ?? '')}`,
      ...(icuRules ? [`ICU_RULES ${literal(icuRules)}`] : []),
    ],
    b: ['LOCALE_PROVIDER builtin', `BUILTIN_LOCALE ${literal(locale ?? '')}`],
  }[provider as 'c' | 'i' | 'b']
  const parts = [
    ...[`OWNER ${quoted(owner)} TEMPLATE template0`, `ENCODING ${literal(encoding)}`],
    ...[`LC_COLLATE ${literal(collate)}`, `LC_CTYPE ${literal(ctype)}`, ...own],
  ]
  return `CREATE DATABASE ${databaseVariable} ${parts.join(' ')};\n`
}

/** Settings, rights and comment, once everything is loaded. */
export function databaseScript(database: Database): string {
  const { settings, comment, connectionLimit, template } = database
  const name = databaseVariable
  return [
    ...(connectionLimit === '-1' ? [] : [`ALTER DATABASE ${name} CONNECTION LIMIT ${connectionLimit};\n`]),
    ...(template ? [`ALTER DATABASE ${name} IS_TEMPLATE true;\n`] : []),
    ...settings.map(([role, setting]) =>
      role === null
        ? `ALTER DATABASE ${name} SET ${settingOf(setting)};\n`
        : `ALTER ROLE ${quoted(role)} IN DATABASE ${name} SET ${settingOf(setting)};\n`,
    ),
    ...database.grants.map((right) => grantStatement(right, `DATABASE ${name}`)),
    ...(comment === null ? [] : [`COMMENT ON DATABASE ${name} IS ${literal(comment)};\n`]),
  ].join('')
}
