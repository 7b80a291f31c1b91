import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { freePort } from './daemon.ts'
import { hasContainerEngine } from './docker.ts'
import { sqlContainer } from './sql-container.ts'
import { grantAll, LocalSqlServer, type SqlProgram, type SqlServer } from './sql-server.ts'

/** Debian's stable releases have no MySQL, its unstable one has: where its packages are unpacked, with the libraries they need. */
export const mysqlRoot = '/opt/restitute-test-mysql'

const run = promisify(execFile)
const libraries = join(mysqlRoot, 'usr/lib/x86_64-linux-gnu')

/** A program of MySQL as a command. It wants a newer C library than this machine has, so it is started by its own loader. */
export function mysqlCommand(program: string): string[] {
  return [join(mysqlRoot, 'usr/lib64/ld-linux-x86-64.so.2'), '--library-path', libraries, program]
}

const mysqld = join(mysqlRoot, 'usr/sbin/mysqld')
const share = join(mysqlRoot, 'usr/share/mysql')

/** Whether MySQL's own programs are here. */
export function hasMysql(): boolean {
  return existsSync(mysqld)
}

/**
 * One MySQL server, in a container or by the programs of Debian unstable, for `describe.each`; or none, said in one line. Not
 * required where every other service is: what lies in an unstable release cannot be counted on every day.
 */
export async function mysqlServers(options: readonly string[] = []): Promise<SqlServer[]> {
  if (await hasContainerEngine()) return [await sqlContainer('mysql:8.4', 'MYSQL_ROOT_PASSWORD')]
  if (hasMysql()) return [await startMysql(options)]
  console.warn(`left out: no MySQL: no container engine, nothing in ${mysqlRoot}`)
  return []
}

/** Starts a MySQL of its own in a temporary folder, in some seconds; disposing of it leaves nothing. */
export async function startMysql(
  options: readonly string[] = [],
): Promise<SqlServer & { program: SqlProgram }> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-mysql-'))
  const as = process.getuid?.() === 0 ? ['--user=root'] : []
  const common = [
    ...['--no-defaults', ...as, `--datadir=${join(folder, 'data')}`, `--lc-messages-dir=${share}`],
    ...[`--character-sets-dir=${join(share, 'charsets')}`, '--innodb-redo-log-capacity=16M'],
  ]
  const [loader = '', ...loading] = [...mysqlCommand(mysqld), ...common]
  await run(loader, [...loading, '--initialize-insecure'])
  const port = await freePort()
  const socketPath = join(folder, 's.sock')
  const command = [
    ...[loader, ...loading, `--socket=${socketPath}`, `--port=${port}`, '--bind-address=127.0.0.1'],
    ...[`--pid-file=${join(folder, 'pid')}`, '--mysqlx=OFF', '--secure-file-priv=', `--tmpdir=${folder}`],
    ...['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--local-infile=1', ...options],
  ]
  const asRoot = async (sql: string): Promise<void> => {
    const connection = await createConnection({ socketPath, user: 'root', multipleStatements: true })
    try {
      await connection.query(sql)
    } finally {
      await connection.end()
    }
  }
  const isUp = (): Promise<boolean> => asRoot('DO 1').then(() => true)
  const server = new LocalSqlServer({ folder, port, command, isUp })
  try {
    await server.start()
    await asRoot(grantAll)
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}
