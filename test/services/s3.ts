import { type Ceph, haveCeph, startCeph } from './ceph.ts'
import { choose } from './choose.ts'
import { startContainer } from './docker.ts'

/** A running S3 server for tests, whichever it is. */
export type S3Server = Pick<Ceph, 'endpoint' | 'secret'> & AsyncDisposable

/**
 * A server by RESTITUTE_S3 (`http://<access key>:<secret key>@host:port`), else a container, else a Ceph of this machine; undefined
 * where there is none, said in one line.
 */
export function chooseS3(): Promise<S3Server | undefined> {
  return choose<S3Server>('S3 server', {
    address: () =>
      process.env['RESTITUTE_S3'] === undefined ? undefined : serverAt(process.env['RESTITUTE_S3']),
    container: minio,
    program: async () => (haveCeph() ? startCeph() : undefined),
  })
}

function serverAt(address: string): S3Server {
  const { origin, username, password } = new URL(address)
  return {
    endpoint: origin,
    secret: `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
    [Symbol.asyncDispose]: async () => {},
  }
}

async function minio(): Promise<S3Server> {
  const [user, password] = ['restitute', 'restitute-secret']
  const container = await startContainer({
    image: 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z',
    port: 9000,
    environment: { MINIO_ROOT_USER: user, MINIO_ROOT_PASSWORD: password },
    command: ['server', '/data'],
  })
  return {
    endpoint: `http://${container.host}:${container.port}`,
    secret: `${user}:${password}`,
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  }
}
