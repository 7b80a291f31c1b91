import { createHash } from 'node:crypto'
import type { SourceSpec } from '@restitute/core'
import { createConnection } from 'mysql2/promise'
import type { SqlServer } from '../../../test/services/mariadb.ts'

/** A database as a source. */
export function specOf({ host, port, user, password }: SqlServer, database: string): SourceSpec {
  return {
    name: 'records',
    url: `mysql://${user}@${host}:${port}/${encodeURIComponent(database)}`,
    secret: password,
  }
}

/** The rights of the operator guide by which `reader` sees the accounts, and no password. */
export const readsAccounts: string = [
  ...['db', 'tables_priv', 'columns_priv', 'procs_priv', 'roles_mapping'].map(
    (table) => `GRANT SELECT ON mysql.${table} TO reader;`,
  ),
  `GRANT SELECT (User, Host, default_role, ssl_type, ssl_cipher, x509_issuer, x509_subject, max_questions, max_updates,
     max_connections, max_user_connections, max_statement_time) ON mysql.user TO reader;`,
].join('\n')

/** Runs statements, by mysql2 itself and not by the connector; the rows of the last one. */
export async function run(server: SqlServer, sql: string, database?: string): Promise<unknown[][]> {
  const { host, port, user, password } = server
  const connection = await createConnection({
    ...{ host, port, user, password, multipleStatements: true, rowsAsArray: true, supportBigNumbers: true },
    ...{ bigNumberStrings: true, dateStrings: true, charset: 'utf8mb4_bin' },
    ...(database === undefined ? {} : { database }),
  })
  try {
    const [rows] = await connection.query(sql)
    return Array.isArray(rows) ? (rows as unknown[][]) : []
  } finally {
    await connection.end()
  }
}

/** Everything there is in a database, and which sessions are open, as the server tells it. */
export async function digestOf(server: SqlServer, database: string): Promise<string> {
  const hash = createHash('sha256')
  const ask = async (sql: string): Promise<unknown[][]> => {
    const rows = await run(server, sql)
    hash.update(JSON.stringify(rows))
    return rows
  }
  const from = (what: string, table: string, column: string): string =>
    `SELECT ${what} FROM information_schema.${table} WHERE ${column} = '${database}' ORDER BY 1, 2`
  await ask(from('SCHEMA_NAME, DEFAULT_COLLATION_NAME', 'SCHEMATA', 'SCHEMA_NAME'))
  const tables = await ask(from('TABLE_NAME, TABLE_TYPE', 'TABLES', 'TABLE_SCHEMA'))
  await ask(from('ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION', 'ROUTINES', 'ROUTINE_SCHEMA'))
  await ask(from('TRIGGER_NAME, ACTION_STATEMENT', 'TRIGGERS', 'TRIGGER_SCHEMA'))
  for (const [name] of tables) {
    await ask(`SHOW CREATE TABLE \`${database}\`.\`${String(name)}\``)
    await ask(`CHECKSUM TABLE \`${database}\`.\`${String(name)}\` EXTENDED`)
  }
  await ask(
    `SELECT user, db, 1 FROM information_schema.PROCESSLIST WHERE db = '${database}' AND command <> 'Killed'`,
  )
  return hash.digest('hex')
}
