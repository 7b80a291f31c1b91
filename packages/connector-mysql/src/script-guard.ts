import { RestituteError } from '@restitute/core'

const name = '(?:`(?:[^`]|``)+`|"(?:[^"]|"")+")'
// Of an account of a host without a name, too.
const user = `(?:${name}|\`\`)@${name}`
const account = `(?:${user}|${name})`
const definer = `(?:DEFINER=${account} )?`
const view = `CREATE OR REPLACE (?:ALGORITHM=\\w+ )?${definer}(?:SQL SECURITY \\w+ )?(?:JSON RELATIONAL DUALITY )?VIEW ${name} (?:\\(|AS )`
const setting =
  "(?:NAMES utf8mb4(?: COLLATE \\w+)?|(?:sql_mode|time_zone)='[^'\\\\]*'|(?:collation_connection|character_set_client)=\\w+|foreign_key_checks=0|max_heap_table_size=\\d+)"

const to = `(?:${account}|PUBLIC)`
const right = `(?!PROXY)[A-Z]+(?: [A-Z]+)*(?: \\(${name}\\))?`
const object = `(?:\\*|(?:(?:FUNCTION|PROCEDURE|PACKAGE|PACKAGE BODY) )?${name})`

/** Accounts without a password and locked, and who is a member of which. */
function accountStatements(): RegExp {
  const quoted = "'(?:[^'\\\\]|''|\\\\\\\\)*'"
  const needs = `(?: REQUIRE (?:SSL|X509|(?:(?:CIPHER|ISSUER|SUBJECT) ${quoted}(?: AND )?)+))?`
  const limits = '(?: WITH(?: MAX_[A-Z_]+ [\\d.]+)+)?'
  const forms = [
    `CREATE ROLE IF NOT EXISTS ${name}`,
    `CREATE USER IF NOT EXISTS ${user}${needs}${limits} ACCOUNT LOCK`,
    `GRANT ${account} TO ${to}(?: WITH ADMIN OPTION)?`,
    `SET DEFAULT ROLE ${account} FOR ${account}`,
    `ALTER USER ${account} DEFAULT ROLE ${account}`,
  ]
  return new RegExp(`^(?:${forms.join('|')})$`)
}

/** What the scripts of each folder may hold beside settings. */
const allowed: readonly (readonly [prefix: string, statements: RegExp])[] = [
  ['0-accounts/', accountStatements()],
  ['0-database.sql', /^ALTER DATABASE CHARACTER SET \w+ COLLATE \w+(?: COMMENT '(?:[^'\\]|''|\\\\)*')?$/],
  [
    '1-sequences/',
    new RegExp(
      `^(?:CREATE SEQUENCE ${name} |ALTER SEQUENCE ${name} RESTART -?\\d+$|SELECT SETVAL\\(${name}, -?\\d+, 0, \\d+\\)$)`,
    ),
  ],
  ['2-tables/', new RegExp(`^CREATE TABLE ${name} \\(`)],
  ['3-packages/', new RegExp(`^CREATE (?:(?:OR REPLACE )?${definer}PACKAGE|LIBRARY) ${name}`)],
  [
    '4-routines/',
    new RegExp(
      `^CREATE (?:OR REPLACE )?${definer}(?:AGGREGATE )?(?:PACKAGE BODY|FUNCTION|PROCEDURE) ${name}(?![.])`,
    ),
  ],
  ['5-view-names/', new RegExp(`^CREATE OR REPLACE VIEW ${name} AS SELECT (?:NULL AS ${name},?)+$`)],
  ['6-views/', new RegExp(`^${view}`, 'i')],
  [
    '7-definers/',
    new RegExp(
      `^(?:${view}|CREATE (?:OR REPLACE )?${definer}(?:AGGREGATE )?FUNCTION ${name}(?![.])|DROP FUNCTION IF EXISTS ${name}$)`,
      'i',
    ),
  ],
  ['7-triggers/', new RegExp(`^CREATE ${definer}TRIGGER ${name} \\w+ \\w+ ON ${name} FOR EACH ROW `)],
  ['8-events/', new RegExp(`^CREATE ${definer}EVENT ${name} ON SCHEDULE `)],
  ['9-grants/', new RegExp(`^GRANT ${right}(?:, ${right})* ON ${object} TO ${to}(?: WITH GRANT OPTION)?$`)],
]
const settings = new RegExp(`^SET ${setting}(?:, ${setting})*(?:/\\*M!, innodb_strict_mode=0 \\*/)?$`)

const collation = /^ALTER DATABASE CHARACTER SET \w+ COLLATE \w+$/

/**
 * Whether a script out of a package may be run (R54): each statement makes one object of the database that is being
 * rebuilt. What that object does when somebody uses it is the client's own. Throws `hostile-input`.
 */
export function expectAllowed(path: string, statements: readonly string[]): void {
  const rule = allowed.find(([prefix]) => path.startsWith(prefix))?.[1]
  const stranger = statements.findIndex(
    (sql) => !(settings.test(sql) || collation.test(sql) || (rule?.test(sql) && !isLibrary(sql))),
  )
  if (rule && stranger < 0) return
  throw new RestituteError(
    'hostile-input',
    `load ${path}: statement ${stranger + 1} is none that belongs there`,
  )
}

/** CREATE FUNCTION … SONAME loads a library into the server. */
function isLibrary(sql: string): boolean {
  return /^CREATE [^(]*\bSONAME\b/i.test(sql)
}
