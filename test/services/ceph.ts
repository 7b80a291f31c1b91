import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { havePrograms } from '../support/programs.ts'
import { type CephLayout, cephConf } from './ceph-conf.ts'
import { type Daemon, freePort, startDaemon, untilUp } from './daemon.ts'

const run = promisify(execFile)
const tcmalloc = { LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/libtcmalloc.so.4' }

/** A key pair of an account, as a connector's secret holds it: `<access key>:<secret key>`. */
export type S3Secret = string

/** A running S3 server for tests: Ceph's radosgw on 127.0.0.1, path style, any region. */
export interface Ceph extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string
  /** Of the account that owns what the test makes. */
  readonly secret: S3Secret
  /** Another account, with no rights on anything until a bucket policy gives some. */
  user(name: string): Promise<S3Secret>
  /** Kills the gateway as a crash does; requests then fail until {@link start}. */
  killGateway(): Promise<void>
  /** Starts the gateway again on the same port. */
  startGateway(): Promise<void>
  /** Processor seconds that its programs have used. */
  cpuSeconds(): Promise<number>
}

/** Whether this machine has what {@link startCeph} needs; says so in one line where it has not. */
export function haveCeph(): boolean {
  return havePrograms('radosgw', 'ceph-mon', 'ceph-osd', 'monmaptool', 'setpriv')
}

/** Starts a Ceph of its own in a temporary folder, in about two seconds; disposing of it leaves nothing. */
export async function startCeph(
  o: Partial<Pick<CephLayout, 'store' | 'gib' | 'dayOfSeconds'>> = {},
): Promise<Ceph> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-ceph-'))
  const [port, monitorPort] = [await freePort(), await freePort()]
  const layout: CephLayout = { folder, port, monitorPort, store: 'memstore', gib: 8, ...o }
  const cluster = new Cluster(layout)
  try {
    await cluster.start()
    return cluster
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
}

class Cluster implements Ceph {
  readonly endpoint: string
  readonly secret: S3Secret = 'restitute:restitute-secret'
  readonly #layout: CephLayout
  readonly #conf: readonly string[]
  readonly #daemons = new Map<string, Daemon>()

  constructor(layout: CephLayout) {
    this.#layout = layout
    this.endpoint = `http://127.0.0.1:${layout.port}`
    this.#conf = ['-c', join(layout.folder, 'ceph.conf')]
  }

  async start(): Promise<void> {
    const { folder } = this.#layout
    await writeFile(join(folder, 'ceph.conf'), cephConf(this.#layout))
    for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(folder, name))
    await this.#makeKeys()
    await this.#startMonitor()
    await this.#startStore()
    await this.#makeUser('restitute', this.secret)
    await this.startGateway()
  }

  async user(name: string): Promise<S3Secret> {
    const secret = `${name}:${name}-secret`
    await this.#makeUser(name, secret)
    return secret
  }

  async killGateway(): Promise<void> {
    await this.#daemons.get('rgw')?.kill()
  }

  async startGateway(): Promise<void> {
    const gateway = this.#spawn('rgw', ['radosgw', '-n', 'client.rgw', '-f'])
    await untilUp(gateway, 'radosgw', async () => (await fetch(this.endpoint)).ok)
  }

  async cpuSeconds(): Promise<number> {
    const alive = [...this.#daemons.values()].filter((daemon) => daemon.alive)
    const each = await Promise.all(alive.map(({ pid }) => cpuSecondsOf(pid)))
    return each.reduce((sum, seconds) => sum + seconds, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The store has nothing to save: what is in it goes with the folder.
    for (const name of ['rgw', 'osd', 'mon']) await this.#daemons.get(name)?.kill()
    await rm(this.#layout.folder, { recursive: true, force: true })
  }

  async #makeKeys(): Promise<void> {
    const keyring = join(this.#layout.folder, 'keyring')
    const all = (...kinds: readonly string[]): string[] => kinds.flatMap((kind) => ['--cap', kind, 'allow *'])
    const users: readonly [string, readonly string[]][] = [
      ['mon.', all('mon')],
      ['client.admin', all('mon', 'osd', 'mgr')],
      ['client.rgw', all('mon', 'osd', 'mgr')],
      ['osd.0', ['--cap', 'mon', 'allow profile osd', ...all('osd'), '--cap', 'mgr', 'allow profile osd']],
    ]
    for (const [i, [name, caps]] of users.entries()) {
      await run('ceph-authtool', [...(i === 0 ? ['-C'] : []), keyring, '--gen-key', '-n', name, ...caps])
    }
  }

  async #startMonitor(): Promise<void> {
    const { folder, monitorPort } = this.#layout
    const map = join(folder, 'monmap')
    const fsid = (await run('ceph-conf', [...this.#conf, '--lookup', 'fsid'])).stdout.trim()
    const address = ['--addv', 'a', `[v2:127.0.0.1:${monitorPort}]`, '--set-min-mon-release', '16']
    await run('monmaptool', ['--create', '--clobber', '--fsid', fsid, ...address, map])
    await run('ceph-mon', [
      ...this.#conf,
      '-i',
      'a',
      '--mkfs',
      '--monmap',
      map,
      '--keyring',
      `${folder}/keyring`,
    ])
    this.#spawn('mon', ['ceph-mon', '-i', 'a', '-f'])
  }

  async #startStore(): Promise<void> {
    const id = randomUUID()
    await this.#admin('osd', 'new', id)
    await run('ceph-osd', [...this.#conf, '-i', '0', '--mkfs', '--osd-uuid', id])
    const store = this.#spawn('osd', ['ceph-osd', '-i', '0', '-f'])
    await untilUp(store, 'ceph-osd', async () => (await this.#admin('osd', 'stat')).includes('1 up'))
  }

  async #makeUser(name: string, secret: S3Secret): Promise<void> {
    const [access = '', key = ''] = secret.split(':')
    const keys = ['--access-key', access, '--secret-key', key]
    const args = ['user', 'create', '--uid', name, '--display-name', name, ...keys]
    await run('radosgw-admin', [...this.#conf, '-n', 'client.rgw', ...args])
  }

  async #admin(...args: readonly string[]): Promise<string> {
    return (await run('ceph', [...this.#conf, '--connect-timeout', '30', ...args])).stdout
  }

  #spawn(name: string, [program = '', ...args]: readonly string[]): Daemon {
    const output = join(this.#layout.folder, `${name}.out`)
    const daemon = startDaemon([program, ...this.#conf, ...args], output, tcmalloc)
    this.#daemons.set(name, daemon)
    return daemon
  }
}

/** proc(5): utime and stime, in ticks of 10 ms. */
async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
