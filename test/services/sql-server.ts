import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, startDaemon, untilUp } from './daemon.ts'

/** A running MariaDB or MySQL server for tests. */
export interface SqlServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** An account that may do everything. */
  readonly user: string
  readonly password: string
  /** Present when it is a program of this machine. */
  readonly program?: SqlProgram
}

/** What can be done to a server that is a program of this machine. */
export interface SqlProgram {
  readonly pid: number
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
}

/** Account and password of every server that is started for tests. */
export const account = { user: 'restitute', password: 'test-secret' } as const

/** What makes that account, for whoever may do everything. */
export const grantAll: string = `CREATE USER ${account.user}@'127.0.0.1' IDENTIFIED BY '${account.password}'; GRANT ALL ON *.* TO ${account.user}@'127.0.0.1' WITH GRANT OPTION`

/** How a program of this machine is run as a server. */
export interface LocalSqlOptions {
  /** Its own; removed in the end. The server's log goes there. */
  readonly folder: string
  readonly port: number
  readonly command: readonly string[]
  /** Whether it answers. */
  readonly isUp: () => Promise<boolean>
}

/** A server that is a program of this machine; it runs after `start`. */
export class LocalSqlServer implements SqlServer, SqlProgram {
  readonly host = '127.0.0.1'
  readonly user: string = account.user
  readonly password: string = account.password
  readonly port: number
  readonly program: SqlProgram = this
  readonly #o: LocalSqlOptions
  #daemon: Daemon | undefined

  constructor(options: LocalSqlOptions) {
    this.#o = options
    this.port = options.port
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0
  }

  async start(): Promise<void> {
    const { command, folder, isUp } = this.#o
    const daemon = startDaemon(command, join(folder, 'log'))
    this.#daemon = daemon
    await untilUp(daemon, command[0] ?? '', isUp)
  }

  async kill(): Promise<void> {
    await this.#daemon?.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#o.folder, { recursive: true, force: true })
  }
}
