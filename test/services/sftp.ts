import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { available, havePrograms } from '../support/programs.ts'
import { type Daemon, freePort, startDaemon, untilUp } from './daemon.ts'

const run = promisify(execFile)

/** A running OpenSSH server for tests, on 127.0.0.1, that offers SFTP and nothing else. */
export interface SftpServer extends AsyncDisposable {
  readonly port: number
  readonly user: string
  /** Folder on this machine in which what arrives is kept; the tests' URLs name folders in it. */
  readonly folder: string
  /** Private key, OpenSSH form, that the account accepts; `stranger`: one that it does not. */
  readonly key: string
  readonly stranger: string
  /** `SHA256:…` of its host key. */
  readonly fingerprint: string
  /** URL of a folder below {@link folder}; by another port or host key, where one is given. */
  url(path: string, o?: { readonly port?: number; readonly fingerprint?: string }): string
  /** Kills it, as a crash does, with every connection. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Whether this machine has what {@link startSftp} needs; says so in one line where it has not. */
export function haveSftp(): boolean {
  return havePrograms('/usr/sbin/sshd', 'ssh-keygen', 'setpriv')
}

/** A password that the account has on this server alone, and the way in which the server asks for it. */
export interface SftpPassword {
  readonly password: string
  readonly by: 'password' | 'keyboard-interactive'
}

/** Whether this machine lets a server have passwords of its own: root can show it another `/etc/shadow`. */
export function haveSftpPasswords(): boolean {
  return (
    haveSftp() &&
    available(process.getuid?.() === 0, 'not root: no password for a server alone') &&
    havePrograms('unshare', 'mount', 'openssl')
  )
}

/**
 * Starts an OpenSSH server with keys of its own, and takes nothing but a password where one is given; disposing of it leaves
 * nothing.
 */
export async function startSftp(login?: SftpPassword): Promise<SftpServer> {
  const root = await mkdtemp(join(tmpdir(), 'restitute-sftp-'))
  for (const name of ['host', 'client', 'stranger']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, name)])
  }
  const folder = join(root, 'files')
  await mkdir(folder)
  // The privilege separation of sshd wants it, when started as root.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const [port, user] = [await freePort(), userInfo().username]
  const config = join(root, 'sshd_config')
  await writeFile(config, configuration(root, port, user, login?.by))
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', config]
  const command = login === undefined ? sshd : [...(await withPassword(root, user, login.password)), ...sshd]
  const { stdout } = await run('ssh-keygen', ['-l', '-f', join(root, 'host.pub')])
  const fingerprint = stdout.split(' ')[1] ?? ''
  let daemon: Daemon | undefined
  const start = async (): Promise<void> => {
    daemon = startDaemon(command, join(root, 'log'))
    await untilUp(daemon, 'sshd', () => answers(port))
  }
  await start()
  return {
    ...{ port, user, folder, fingerprint, start },
    key: await readFile(join(root, 'client'), 'utf8'),
    stranger: await readFile(join(root, 'stranger'), 'utf8'),
    url: (path, o = {}) =>
      `sftp://${user}@127.0.0.1:${o.port ?? port}${folder}/${path}?fingerprint=${o.fingerprint ?? fingerprint}`,
    kill: async () => {
      // Each connection has a process of its own, whose parent the server is.
      if (daemon) await run('pkill', ['-KILL', '-P', String(daemon.pid)]).catch(() => {})
      await daemon?.kill()
    },
    [Symbol.asyncDispose]: async () => {
      if (daemon) await run('pkill', ['-KILL', '-P', String(daemon.pid)]).catch(() => {})
      await daemon?.kill()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** What a command begins with that is to see this password as the account's, in a file of its own over `/etc/shadow`. */
async function withPassword(root: string, user: string, password: string): Promise<string[]> {
  const hash = (await run('openssl', ['passwd', '-6', password])).stdout.trim()
  const lines = (await readFile('/etc/shadow', 'utf8')).split('\n')
  const others = lines.filter((line) => !line.startsWith(`${user}:`))
  const shadow = join(root, 'shadow')
  await writeFile(shadow, [`${user}:${hash}:20000:0:99999:7:::`, ...others].join('\n'), { mode: 0o640 })
  return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/shadow && exec "$@"', shadow]
}

function configuration(root: string, port: number, user: string, by?: SftpPassword['by']): string {
  const [yes, no] = ['yes', 'no']
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${root}/host
PidFile none
AuthorizedKeysFile ${root}/client.pub
AllowUsers ${user}
PermitRootLogin ${by === undefined ? 'prohibit-password' : yes}
PubkeyAuthentication ${by === undefined ? yes : no}
PasswordAuthentication ${by === 'password' ? yes : no}
KbdInteractiveAuthentication ${by === 'keyboard-interactive' ? yes : no}
UsePAM ${by === 'keyboard-interactive' ? yes : no}
StrictModes no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
`
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })
}
