import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** A running container, reached on this machine. */
export interface Container extends AsyncDisposable {
  readonly host: string
  /** Port on this machine for the one inside. */
  readonly port: number
}

/** What to run. */
export interface ContainerOptions {
  /** With its tag, for instance `postgres:17`. */
  readonly image: string
  /** Port inside the container; it is up when this answers. */
  readonly port: number
  readonly environment?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
}

/** Whether a container engine answers. A `docker` program proves nothing: only its socket does. */
export async function hasContainerEngine(): Promise<boolean> {
  for (const place of engines()) if (await answers(place)) return true
  return false
}

/** Starts a container; it ends with the scope, or with this process (testcontainers sees to it). */
export async function startContainer(o: ContainerOptions): Promise<Container> {
  const { GenericContainer } = await import('testcontainers')
  const container = new GenericContainer(o.image)
    .withExposedPorts(o.port)
    .withEnvironment({ ...o.environment })
  if (o.command) container.withCommand([...o.command])
  const started = await container.start()
  return {
    host: started.getHost(),
    port: started.getMappedPort(o.port),
    [Symbol.asyncDispose]: async () => void (await started.stop()),
  }
}

type Place = { readonly path: string } | { readonly host: string; readonly port: number }

function engines(): Place[] {
  const { DOCKER_HOST: set, HOME = '/', XDG_RUNTIME_DIR: runtime = '/run' } = process.env
  const url = set === undefined ? undefined : new URL(set)
  if (url?.protocol === 'tcp:') return [{ host: url.hostname, port: Number(url.port || 2375) }]
  const usual = ['/var/run/docker.sock', '/run/podman/podman.sock']
  const own = [
    join(HOME, '.docker/run/docker.sock'),
    join(runtime, 'docker.sock'),
    join(runtime, 'podman/podman.sock'),
  ]
  return [...(url ? [url.pathname] : []), ...usual, ...own].filter(isSocket).map((path) => ({ path }))
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}

function answers(place: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: 500 })
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}
