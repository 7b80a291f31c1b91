import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers a request itself, or spoils what comes through; `false`: it passes as it is. */
export type Trick = (
  asked: IncomingMessage,
  answer: ServerResponse,
  from: () => Promise<IncomingMessage>,
) => Promise<boolean>

/** A server between client and S3 that lets everything through but what the trick takes. */
export interface Proxy extends AsyncDisposable {
  readonly endpoint: string
  /** How many requests it played its trick on. */
  readonly tricks: number
  trick: Trick | undefined
}

export async function startProxy(endpoint: string): Promise<Proxy> {
  const state: { trick: Trick | undefined; tricks: number } = { trick: undefined, tricks: 0 }
  const server = createServer((asked, answer) => {
    const from = (): Promise<IncomingMessage> => pass(endpoint, asked)
    const played = state.trick ? state.trick(asked, answer, from) : Promise.resolve(false)
    played
      .then(async (done) => {
        if (done) state.tricks++
        else await through(await from(), answer)
      })
      .catch(() => answer.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get tricks() {
      return state.tricks
    },
    get trick() {
      return state.trick
    },
    set trick(trick) {
      state.trick = trick
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The request as it was signed: with the client's own `Host`. */
async function pass(endpoint: string, asked: IncomingMessage): Promise<IncomingMessage> {
  const { hostname, port } = new URL(endpoint)
  const { method, url, headers } = asked
  const onward = request({ hostname, port, method, path: url, headers })
  asked.pipe(onward)
  const [answer] = (await once(onward, 'response')) as [IncomingMessage]
  return answer
}

async function through(from: IncomingMessage, answer: ServerResponse): Promise<void> {
  answer.writeHead(from.statusCode ?? 502, from.headers)
  from.pipe(answer)
  await once(answer, 'close')
}
