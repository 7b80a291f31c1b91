import { readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { havePrograms } from '../support/programs.ts'
import { choose } from './choose.ts'
import { freePort, startDaemon, untilUp } from './daemon.ts'
import { startContainer } from './docker.ts'

/** A registry of container images for tests. */
export interface RegistryServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  /** Takes a tag away and leaves what it named. */
  removeTag(repository: string, tag: string): Promise<void>
  /** What its storage refers to in a repository; nothing where the storage cannot be seen. */
  references(repository: string): string[]
  /** Forgets a repository. */
  drop(repository: string): void
  /** Where its storage lies, when it can be seen. */
  readonly storage?: string
}

/** How a registry is started. */
export interface RegistryOptions {
  /** Default: yes. */
  readonly deletion?: boolean
  /** `user:password` pairs, bcrypt, as a line of htpasswd. */
  readonly htpasswd?: string
}

/** A registry by the first way that leads to one: RESTITUTE_TEST_REGISTRY, a container, Debian's docker-registry. */
export async function chooseRegistry(): Promise<RegistryServer | undefined> {
  return choose('registry', {
    address: () => {
      const origin = process.env['RESTITUTE_TEST_REGISTRY']
      return origin === undefined ? undefined : { ...unseen(origin), [Symbol.asyncDispose]: async () => {} }
    },
    container: async () => {
      const environment = { REGISTRY_STORAGE_DELETE_ENABLED: 'true' }
      const container = await startContainer({ image: 'registry:3', port: 5000, environment })
      const origin = `http://${container.host}:${container.port}`
      return { ...unseen(origin), [Symbol.asyncDispose]: () => container[Symbol.asyncDispose]() }
    },
    program: async () => (havePrograms('docker-registry') ? startRegistry() : undefined),
  })
}

/** Of a registry whose storage is elsewhere. */
function unseen(origin: string): Omit<RegistryServer, typeof Symbol.asyncDispose> {
  return {
    origin,
    removeTag: async (repository, tag) => {
      const { status } = await fetch(`${origin}/v2/${repository}/manifests/${tag}`, { method: 'DELETE' })
      if (status !== 202) throw new Error(`delete the tag ${tag}: status ${status}`)
    },
    references: () => [],
    drop: () => {},
  }
}

/** Starts Debian's docker-registry (distribution 2.8) on a free port, in a temporary folder. */
export async function startRegistry(o: RegistryOptions = {}): Promise<RegistryServer> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-registry-'))
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  await writeFile(join(folder, 'config.yml'), configuration(folder, port, o))
  if (o.htpasswd !== undefined) await writeFile(join(folder, 'htpasswd'), o.htpasswd)
  const log = join(folder, 'log')
  const command = ['docker-registry', 'serve', join(folder, 'config.yml')]
  const daemon = startDaemon(command, log, { OTEL_TRACES_EXPORTER: 'none' })
  await untilUp(daemon, 'docker-registry', async () => (await fetch(`${origin}/v2/`)).status > 0)
  const repositories = join(folder, 'store/docker/registry/v2/repositories')
  return {
    origin,
    storage: join(folder, 'store/docker/registry/v2'),
    removeTag: async (repository, tag) => {
      await rm(join(repositories, repository, '_manifests/tags', tag), { recursive: true })
    },
    references: (repository) => linksBelow(join(repositories, repository)),
    drop: (repository) => rmSync(join(repositories, repository), { recursive: true, force: true }),
    [Symbol.asyncDispose]: async () => {
      await daemon.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function linksBelow(folder: string): string[] {
  try {
    const all = readdirSync(folder, { recursive: true }) as string[]
    return all.filter((path) => /(^|\/)(link|data)$/.test(path)).sort()
  } catch {
    return []
  }
}

function configuration(folder: string, port: number, o: RegistryOptions): string {
  return `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: ${folder}/store}
  delete: {enabled: ${o.deletion ?? true}}
http: {addr: "127.0.0.1:${port}", secret: restitute}
${o.htpasswd === undefined ? '' : `auth: {htpasswd: {realm: tests, path: ${folder}/htpasswd}}\n`}`
}
