import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { bucketOnCeph } from '../../packages/destination-s3/test/support.ts'
import { haveCeph } from '../services/ceph.ts'
import { haveSftp, startSftp } from '../services/sftp.ts'

/** A real server to which packages can be delivered. */
export interface Remote extends AsyncDisposable {
  readonly port: number
  readonly secret: string
  /** One that it does not take. */
  readonly wrongSecret: string
  /** URL of a place there, through this port of 127.0.0.1. */
  url(path: string, port?: number): string
  /** Kills the server, as a crash does, and starts it again after so many milliseconds. */
  crash(milliseconds: number): Promise<void>
  /** What unfinished writes have left anywhere on it. */
  unfinished(): Promise<string[]>
}

/** Every kind of place on another machine, and how to start a server for it. */
export const remoteKinds = [
  { kind: 'a bucket', available: haveCeph, start: startBucket },
  { kind: 'an SFTP account', available: haveSftp, start: startAccount },
] as const

async function startBucket(): Promise<Remote> {
  const bucket = await bucketOnCeph({ store: 'bluestore' })
  const { secret } = bucket
  const ownPort = Number(new URL(bucket.ceph.endpoint).port)
  return {
    ...{ secret, port: ownPort, wrongSecret: 'restitute:another-secret' },
    url: (path, port = ownPort) => bucket.url(path, `http://127.0.0.1:${port}`),
    crash: async (milliseconds) => {
      await bucket.ceph.killGateway()
      await sleep(milliseconds)
      await bucket.ceph.startGateway()
    },
    unfinished: () => bucket.unfinished({ butObjects: true }),
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  }
}

async function startAccount(): Promise<Remote> {
  const server = await startSftp()
  const { key: secret, stranger: wrongSecret } = server
  return {
    ...{ secret, wrongSecret, port: server.port },
    url: (path, port) => server.url(path, port === undefined ? {} : { port }),
    crash: async (milliseconds) => {
      await server.kill()
      await sleep(milliseconds)
      await server.start()
    },
    unfinished: async () =>
      (await readdir(server.folder, { recursive: true })).filter((name) => name.includes('.tmp-')),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
