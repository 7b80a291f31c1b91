import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { choose } from './choose.ts'
import { freePort } from './daemon.ts'
import { sqlContainer } from './sql-container.ts'
import { grantAll, LocalSqlServer, type SqlProgram, type SqlServer } from './sql-server.ts'

const run = promisify(execFile)

export type { SqlServer } from './sql-server.ts'

/** A server: `RESTITUTE_MYSQL_URL` (`mysql://user:password@host:port`), MariaDB in a container or of this machine; else undefined. */
export function sqlServer(options: readonly string[] = []): Promise<SqlServer | undefined> {
  return choose('MariaDB or MySQL server', {
    address: () => serverAt(process.env['RESTITUTE_MYSQL_URL']),
    container: () => sqlContainer('mariadb:10.11', 'MARIADB_ROOT_PASSWORD'),
    program: async () => (hasMariadb() ? startMariadb(options) : undefined),
  })
}

/** Whether this machine has MariaDB's programs. */
export function hasMariadb(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v mariadbd mariadb-install-db mariadb setpriv'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts a MariaDB of its own in a temporary folder, in about a second; disposing of it leaves nothing. */
export async function startMariadb(
  options: readonly string[] = [],
): Promise<SqlServer & { program: SqlProgram }> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-mariadb-'))
  const as = process.getuid?.() === 0 ? ['--user=root'] : []
  const data = join(folder, 'data')
  // A server that starts removes what others have in a temporary folder that they share.
  const temporary = join(folder, 'tmp')
  await mkdir(temporary)
  await run('mariadb-install-db', [
    ...['--no-defaults', ...as, `--datadir=${data}`, '--auth-root-authentication-method=normal'],
    ...['--skip-test-db', '--innodb-log-file-size=16M', `--tmpdir=${temporary}`],
  ])
  const port = await freePort()
  const socket = join(folder, 's.sock')
  const command = [
    ...['mariadbd', '--no-defaults', ...as, `--datadir=${data}`, `--socket=${socket}`, `--port=${port}`],
    ...['--bind-address=127.0.0.1', `--pid-file=${join(folder, 'pid')}`],
    ...['--skip-name-resolve', `--tmpdir=${temporary}`],
    ...['--innodb-log-file-size=16M', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0'],
    ...[`--log-bin=${join(data, 'binlog')}`, '--server-id=1', '--binlog-format=ROW', ...options],
  ]
  const login = ['--no-defaults', '-uroot', '-S', socket]
  const isUp = async (): Promise<boolean> =>
    (await run('mariadb-admin', [...login, 'ping'])).stdout.includes('alive')
  const server = new LocalSqlServer({ folder, port, command, isUp })
  try {
    await server.start()
    await run('mariadb', [...login, '-e', grantAll])
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

function serverAt(address: string | undefined): SqlServer | undefined {
  if (!address) return undefined
  const url = new URL(address)
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    [Symbol.asyncDispose]: async () => {},
  }
}
