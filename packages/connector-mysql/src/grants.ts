import type { Session } from './session.ts'
import { accountName, definedId, quoteName, quoteText } from './text.ts'

/** A right that an account holds: `SELECT, INSERT ON *`, `SELECT (a) ON t WITH GRANT OPTION`. */
export interface Held {
  readonly account: string
  readonly right: string
  /** Ids that what it is on may have; none for the whole database. */
  readonly on: readonly string[]
}

/** On the whole database, whatever pattern of names the grant is written with. */
export async function databaseGrants(session: Session, signal: AbortSignal): Promise<Held[]> {
  const listed = await session.texts(
    `SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'db'
     AND COLUMN_NAME LIKE '%\\_priv' ORDER BY ORDINAL_POSITION`,
    signal,
  )
  const columns = listed.map(([column = '']) => column)
  const rows = await session.texts(
    `SELECT User, Host, ${columns.map(quoteName).join(',') || 'Select_priv'} FROM mysql.db
     WHERE ${quoteText(session.location.database)} LIKE Db`,
    signal,
  )
  const all = rows.flatMap(([user = '', host = '', ...flags]) => {
    const words = columns.filter((_, i) => flags[i] === 'Y').map((column) => column.replace(/_priv$/, ''))
    return heldOf(accountName(user, host), words.map(wordOf), '*')
  })
  // Two patterns may give the same right twice.
  return [...new Map(all.map((one) => [`${one.account} ${one.right}`, one])).values()]
}

/** On tables, views and sequences that exist, and on columns of them. */
export async function tableGrants(session: Session, signal: AbortSignal): Promise<Held[]> {
  const schema = quoteText(session.location.database)
  const there = (more: string): string =>
    `Db = ${schema} AND EXISTS (SELECT 1 FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = ${schema}
     AND BINARY c.TABLE_NAME = BINARY p.Table_name${more})`
  const whole = await session.texts(
    `SELECT User, Host, Table_name, Table_priv FROM mysql.tables_priv p WHERE ${there('')}`,
    signal,
  )
  const parts = await session.texts(
    `SELECT User, Host, Table_name, Column_priv, Column_name FROM mysql.columns_priv p
     WHERE ${there(' AND BINARY c.COLUMN_NAME = BINARY p.Column_name')} ORDER BY Column_name`,
    signal,
  )
  return [
    ...whole.flatMap(([user = '', host = '', table = '', words = '']) =>
      heldOf(accountName(user, host), wordsOf(words), quoteName(table), relationIds(table)),
    ),
    ...parts.flatMap(([user = '', host = '', table = '', words = '', column = '']) =>
      heldOf(
        accountName(user, host),
        wordsOf(words).map((word) => `${word} (${quoteName(column)})`),
        quoteName(table),
        relationIds(table),
      ),
    ),
  ]
}

/** On routines and packages that exist. */
export async function routineGrants(session: Session, signal: AbortSignal): Promise<Held[]> {
  const schema = quoteText(session.location.database)
  const rows = await session.texts(
    `SELECT User, Host, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv p WHERE Db = ${schema}
     AND EXISTS (SELECT 1 FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = ${schema}
     AND r.ROUTINE_TYPE = p.Routine_type AND LOWER(r.ROUTINE_NAME) = LOWER(p.Routine_name))`,
    signal,
  )
  return rows.flatMap(([user = '', host = '', name = '', kind = '', words = '']) =>
    heldOf(accountName(user, host), wordsOf(words), `${kind} ${quoteName(name)}`, [definedId(kind, name)]),
  )
}

function relationIds(name: string): string[] {
  return ['table', 'view', 'sequence'].map((kind) => definedId(kind, name))
}

function heldOf(
  account: string,
  words: readonly string[],
  object: string,
  on: readonly string[] = [],
): Held[] {
  const rights = words.filter((word) => word !== 'GRANT')
  const more = rights.length < words.length ? ' WITH GRANT OPTION' : ''
  if (words.length === 0) return []
  return [{ account, right: `${rights.join(', ') || 'USAGE'} ON ${object}${more}`, on }]
}

function wordsOf(set: string): string[] {
  return set === '' ? [] : set.split(',').map(wordOf)
}

const otherWords: Readonly<Record<string, string>> = {
  'CREATE TMP TABLE': 'CREATE TEMPORARY TABLES',
  'DELETE VERSIONING ROWS': 'DELETE HISTORY',
}

/** `Create_view`, `Create View` → `CREATE VIEW`. */
function wordOf(word: string): string {
  const plain = word.replaceAll('_', ' ').toUpperCase()
  return otherWords[plain] ?? plain
}
