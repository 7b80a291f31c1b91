import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2'
import { choose } from './choose.ts'
import { type Daemon, freePort, startDaemon, untilUp } from './daemon.ts'
import { startContainer } from './docker.ts'

const run = promisify(execFile)

/** A running MariaDB or MySQL server for tests. */
export interface SqlServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** An account that may do everything. */
  readonly user: string
  readonly password: string
  /** Present when it is a program of this machine. */
  readonly program?: MariadbProgram
}

/** What can be done to a server that is a program of this machine. */
export interface MariadbProgram {
  readonly pid: number
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
}

const user = 'restitute'
const password = 'test-secret'

/** A server: `RESTITUTE_MYSQL_URL` (`mysql://user:password@host:port`), MySQL 8 in a container, MariaDB of this machine; else undefined. */
export function sqlServer(options: readonly string[] = []): Promise<SqlServer | undefined> {
  return choose('MariaDB or MySQL server', {
    address: () => serverAt(process.env['RESTITUTE_MYSQL_URL']),
    container: mysqlContainer,
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
): Promise<SqlServer & { program: MariadbProgram }> {
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
  const command = [
    ...['mariadbd', '--no-defaults', ...as, `--datadir=${data}`, `--socket=${join(folder, 's.sock')}`],
    ...[
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-name-resolve',
      `--tmpdir=${temporary}`,
    ],
    ...['--innodb-log-file-size=16M', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0'],
    ...[`--log-bin=${join(data, 'binlog')}`, '--server-id=1', '--binlog-format=ROW', ...options],
  ]
  const server = new Mariadb(folder, port, command)
  try {
    await server.start()
    const socket = ['--no-defaults', '-uroot', '-S', join(folder, 's.sock')]
    const grant = `CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO ${user}@'127.0.0.1' WITH GRANT OPTION`
    await run('mariadb', [...socket, '-e', grant])
    return Object.assign(server, { program: server })
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

class Mariadb implements SqlServer, MariadbProgram {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly user = user
  readonly password = password
  readonly #folder: string
  readonly #command: readonly string[]
  #daemon: Daemon | undefined

  constructor(folder: string, port: number, command: readonly string[]) {
    this.#folder = folder
    this.port = port
    this.#command = command
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0
  }

  async start(): Promise<void> {
    const daemon = startDaemon(this.#command, join(this.#folder, 'log'))
    this.#daemon = daemon
    const ping = ['--no-defaults', '-uroot', '-S', join(this.#folder, 's.sock'), 'ping']
    await untilUp(daemon, 'mariadbd', async () => (await run('mariadb-admin', ping)).stdout.includes('alive'))
  }

  async kill(): Promise<void> {
    await this.#daemon?.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function mysqlContainer(): Promise<SqlServer> {
  const container = await startContainer({
    image: 'mysql:8.4',
    port: 3306,
    environment: { MYSQL_ROOT_PASSWORD: password },
    command: ['--local-infile=1'],
  })
  const server = { ...container, user: 'root', password }
  await untilAnswering(server)
  return server
}

/** The port is open before the server is ready: it starts twice. */
async function untilAnswering(server: SqlServer): Promise<void> {
  for (let attempt = 0; attempt < 120; attempt++) {
    const { host, port } = server
    const connection = createConnection({ host, port, user: server.user, password: server.password })
    try {
      await once(connection, 'connect')
      return connection.destroy()
    } catch {
      connection.destroy()
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
  throw new Error('the server in the container did not answer within a minute')
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
