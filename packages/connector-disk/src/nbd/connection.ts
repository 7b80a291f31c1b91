import { once } from 'node:events'
import { createConnection, type OnReadOpts, type Socket } from 'node:net'
import { ChunkSource } from './chunk-source.ts'
import { type Negotiated, negotiate } from './negotiate.ts'
import * as nbd from './protocol.ts'

/** A stretch that the server describes. */
export interface Status {
  readonly length: number
  readonly zero: boolean
}

/** A request that waits for its answer. */
interface Waiting {
  /** Where the data of a reading goes, and from which offset it was asked for. */
  readonly into?: Buffer
  readonly offset: number
  readonly found: Status[]
  failure?: string
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

const mostStatus = 2 * 2 ** 20
const mostMessage = 8192
/** As much as a unix socket holds. */
const socketBytes = 256 * 1024

/**
 * A connection to one server on a unix socket; requests may overlap. Whatever makes no sense ends the connection, and
 * every request on it then fails.
 */
export class NbdConnection {
  readonly size: number
  readonly #allocation: boolean
  readonly #socket: Socket
  readonly #waiting = new Map<bigint, Waiting>()
  #failure: Error | undefined
  #cookie = 0n

  private constructor(socket: Socket, source: ChunkSource, { size, allocation }: Negotiated) {
    this.size = size
    this.#allocation = allocation
    this.#socket = socket
    void this.#receive(source).catch((error: Error) => this.#fail(error))
  }

  /** Connects; throws the system's error while nobody listens. */
  static async open(path: string): Promise<NbdConnection> {
    const source = new ChunkSource(() => socket.resume())
    const socket = createConnection({ path, onread: readingInto(source) })
    // Said by the requests that wait: `close` follows.
    socket.on('error', () => {})
    socket.once('close', () => source.end())
    try {
      await once(socket, 'connect')
      return new NbdConnection(socket, source, await negotiate(socket, source))
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** Fills a buffer with the bytes from `offset` on; it may be written to until this is settled. */
  async read(offset: number, into: Buffer): Promise<void> {
    await this.#ask(nbd.commands.read, offset, into.length, { into })
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#ask(nbd.commands.write, offset, bytes.length, {}, bytes)
  }

  /** What was written is on the medium. */
  async flush(): Promise<void> {
    await this.#ask(nbd.commands.flush, 0, 0, {})
  }

  /** The stretches from `offset` on: at least one, together at most `length`. */
  async status(offset: number, length: number): Promise<readonly Status[]> {
    if (!this.#allocation) return [{ length, zero: false }]
    const found: Status[] = []
    await this.#ask(nbd.commands.blockStatus, offset, length, { found })
    if (found.length === 0) throw new Error('a range without a stretch')
    return found
  }

  /** Says goodbye; every request that still waits fails. */
  close(): void {
    if (this.#failure === undefined) this.#socket.write(nbd.request(nbd.commands.disconnect, 0n, 0, 0))
    this.#fail(new Error('the connection was closed'))
  }

  async #ask(
    command: number,
    offset: number,
    length: number,
    more: Partial<Pick<Waiting, 'into' | 'found'>>,
    payload?: Uint8Array,
  ): Promise<void> {
    if (this.#failure) throw this.#failure
    const cookie = ++this.#cookie
    await new Promise<void>((resolve, reject) => {
      this.#waiting.set(cookie, { offset, found: [], ...more, resolve, reject })
      this.#socket.write(nbd.request(command, cookie, offset, length))
      if (payload) this.#socket.write(payload)
    })
  }

  async #receive(source: ChunkSource): Promise<void> {
    while (this.#failure === undefined) {
      const magic = (await source.take(4)).readUInt32BE(0)
      if (magic === nbd.simpleReplyMagic) await this.#simple(source)
      else if (magic === nbd.structuredReplyMagic) await this.#structured(source)
      else throw new Error('a reply that makes no sense')
    }
  }

  async #simple(source: ChunkSource): Promise<void> {
    const head = await source.take(12)
    const [error, cookie] = [head.readUInt32BE(0), head.readBigUInt64BE(4)]
    const waiting = this.#of(cookie)
    if (waiting.into && error === 0) await source.fill(waiting.into)
    if (error !== 0) waiting.failure = `error ${error}`
    this.#settle(cookie, waiting)
  }

  async #structured(source: ChunkSource): Promise<void> {
    const head = await source.take(16)
    const [flags, type, cookie] = [head.readUInt16BE(0), head.readUInt16BE(2), head.readBigUInt64BE(4)]
    const length = head.readUInt32BE(12)
    const waiting = this.#of(cookie)
    if (type & nbd.errorBit) waiting.failure = await messageIn(source, length)
    else if (type === nbd.replyTypes.data) await fillData(source, length, waiting)
    else if (type === nbd.replyTypes.hole) await fillHole(source, length, waiting)
    else if (type === nbd.replyTypes.blockStatus) await takeStatus(source, length, waiting)
    else if (type !== nbd.replyTypes.none || length > 0) throw new Error('a reply of an unknown type')
    if (flags & nbd.done) this.#settle(cookie, waiting)
  }

  #of(cookie: bigint): Waiting {
    const waiting = this.#waiting.get(cookie)
    if (waiting === undefined) throw new Error('a reply to nothing')
    return waiting
  }

  #settle(cookie: bigint, waiting: Waiting): void {
    this.#waiting.delete(cookie)
    if (waiting.failure === undefined) waiting.resolve()
    else waiting.reject(new Error(waiting.failure))
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#socket.end()
    this.#socket.destroySoon()
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure)
    this.#waiting.clear()
  }
}

/** All that a socket reads goes through one buffer. */
function readingInto(source: ChunkSource): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(socketBytes),
    callback: (bytes, buffer) => source.offer(buffer.subarray(0, bytes)),
  }
}

async function messageIn(source: ChunkSource, length: number): Promise<string> {
  if (length < 6 || length > mostMessage) throw new Error('an error that makes no sense')
  const bytes = await source.take(length)
  const text = bytes.toString('utf8', 6, 6 + Math.min(bytes.readUInt16BE(4), length - 6))
  return text || `error ${bytes.readUInt32BE(0)}`
}

async function fillData(source: ChunkSource, length: number, waiting: Waiting): Promise<void> {
  const offset = Number((await source.take(8)).readBigUInt64BE(0))
  await source.fill(pieceOf(waiting, offset, length - 8))
}

async function fillHole(source: ChunkSource, length: number, waiting: Waiting): Promise<void> {
  if (length !== 12) throw new Error('a hole that makes no sense')
  const bytes = await source.take(12)
  pieceOf(waiting, Number(bytes.readBigUInt64BE(0)), bytes.readUInt32BE(8)).fill(0)
}

/** The part of the wanted bytes that a reply speaks of. */
function pieceOf({ into, offset }: Waiting, at: number, length: number): Buffer {
  const from = at - offset
  if (into === undefined || from < 0 || length < 0 || from + length > into.length) {
    throw new Error('data that nobody asked for')
  }
  return into.subarray(from, from + length)
}

async function takeStatus(source: ChunkSource, length: number, { found }: Waiting): Promise<void> {
  if (length < 12 || length > mostStatus || (length - 4) % 8 !== 0) throw new Error('a status without sense')
  const bytes = await source.take(length)
  for (let at = 4; at < length; at += 8) {
    const stretch = { length: bytes.readUInt32BE(at), zero: (bytes.readUInt32BE(at + 4) & nbd.zero) !== 0 }
    if (stretch.length === 0) throw new Error('a stretch without length')
    found.push(stretch)
  }
}
