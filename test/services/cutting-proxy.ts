import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './daemon.ts'

/** A way to a server that can be cut: TCP from one port of 127.0.0.1 to another. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** Bytes that have gone to the server. */
  readonly sent: number
  /** Bytes that have come from it. */
  readonly received: number
  /** Breaks every connection as soon as so many more bytes have gone through, either way; returns when it has. */
  cutAfter(bytes: number): Promise<void>
  /** Breaks every connection, and any new one, until told otherwise. */
  shut(closed: boolean): void
  /** Breaks every connection; new ones go to another port. */
  leadTo(target: number): void
  /** Breaks any new connection; those that are there stay. */
  refuse(): void
  /** From now on nothing comes through any more, either way, and nobody is told. */
  silence(): void
}

/** Starts a proxy to a port of 127.0.0.1. */
export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const proxy = new TcpProxy(target)
  await proxy.listen()
  return proxy
}

class TcpProxy implements CuttingProxy {
  port = 0
  sent = 0
  received = 0
  #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #closed = false
  #cut: { at: number; done: () => void } | undefined

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#join(client))
  }

  async listen(): Promise<void> {
    this.port = await freePort()
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  cutAfter(bytes: number): Promise<void> {
    return new Promise((done) => {
      this.#cut = { at: this.sent + this.received + bytes, done }
    })
  }

  shut(closed: boolean): void {
    this.#closed = closed
    if (closed) this.#break()
  }

  leadTo(target: number): void {
    this.#target = target
    this.#break()
  }

  refuse(): void {
    this.#closed = true
  }

  silence(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').removeAllListeners('end').pause()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shut(true)
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    this.#keep(client)
    if (this.#closed) return void client.resetAndDestroy()
    const server = this.#keep(connect(this.#target, '127.0.0.1'))
    pass(client, server, (bytes) => this.#count(bytes, 0))
    pass(server, client, (bytes) => this.#count(0, bytes))
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket))
    return socket
  }

  #count(sent: number, received: number): void {
    this.sent += sent
    this.received += received
    if (this.#cut === undefined || this.sent + this.received < this.#cut.at) return
    const { done } = this.#cut
    this.#cut = undefined
    this.#break()
    done()
  }

  #break(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }
}

/** With back-pressure: what the other side does not take yet stays where it is. */
function pass(from: Socket, to: Socket, count: (bytes: number) => void): void {
  from.on('data', (chunk) => {
    count(chunk.length)
    if (!to.destroyed && !to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  })
  from.once('end', () => to.end())
  from.once('close', () => to.destroy())
}
