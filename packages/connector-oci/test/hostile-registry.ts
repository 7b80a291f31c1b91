import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Blob, type Image, types } from './images.ts'

/** Answers a request, or declines: then the honest answer comes. */
export type Trick = (request: IncomingMessage, response: ServerResponse) => boolean | void

/** A registry made of tricks around an honest one that holds some images. */
export interface HostileRegistry extends AsyncDisposable {
  readonly origin: string
  /** `METHOD path` of every request. */
  readonly asked: string[]
  /** Authorization of every request that had one. */
  readonly authorizations: string[]
}

/** Starts it on 127.0.0.1. `tags`: what they name, in the one repository `a/b`. */
export async function hostileRegistry(
  tags: Readonly<Record<string, Blob>>,
  blobs: readonly Blob[],
  trick: Trick = () => false,
): Promise<HostileRegistry> {
  const all = new Map([...Object.values(tags), ...blobs].map((one) => [one.digest, one]))
  const [asked, authorizations]: string[][] = [[], []]
  const server = createServer((request, response) => {
    asked?.push(`${request.method} ${request.url}`)
    if (request.headers.authorization !== undefined) authorizations?.push(request.headers.authorization)
    if (trick(request, response) !== true) honest(request, response, tags, all)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    origin: `http://127.0.0.1:${port}`,
    asked: asked ?? [],
    authorizations: authorizations ?? [],
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function honest(
  { url = '', method }: IncomingMessage,
  response: ServerResponse,
  tags: Readonly<Record<string, Blob>>,
  all: ReadonlyMap<string, Blob>,
): void {
  if (url === '/v2/') return void response.writeHead(200).end('{}')
  if (url.startsWith('/v2/a/b/tags/list')) {
    return void response.writeHead(200).end(JSON.stringify({ name: 'a/b', tags: Object.keys(tags) }))
  }
  const reference = /^\/v2\/a\/b\/(?:manifests|blobs)\/([^/]+)$/.exec(url)?.[1] ?? ''
  const found = tags[reference] ?? all.get(reference)
  if (found === undefined) return void response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': found.mediaType,
    'content-length': found.bytes.length,
    'docker-content-digest': found.digest,
  })
  response.end(method === 'HEAD' ? undefined : found.bytes)
}

/** Everything of an image, for {@link hostileRegistry}. */
export function parts(...images: readonly Image[]): Blob[] {
  return images.flatMap(({ manifest, blobs }) => [manifest, ...blobs])
}

/** Sends without end, as fast as it is taken. */
export function endless(response: ServerResponse, mediaType: string = types.manifest): true {
  response.writeHead(200, { 'content-type': mediaType })
  const block = Buffer.alloc(65_536, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(block));
  }
  response.on('drain', more)
  more()
  return true
}

/** Answers everything with this. */
export function answering(body: string | Buffer): Trick {
  return (_, response) => {
    response.end(body)
    return true
  }
}
