import type { Socket } from 'node:net'
import type { ChunkSource } from './chunk-source.ts'
import * as nbd from './protocol.ts'

/** What the server says of what it serves. */
export interface Negotiated {
  /** Bytes. */
  readonly size: number
  /** Whether the server can tell which stretches hold data. */
  readonly allocation: boolean
}

const mostReply = 64 * 1024
const fixedNewstyle = 1
const exportInfo = 0

/** Agrees with a server on structured replies and block status, and enters the phase of transmission. */
export async function negotiate(socket: Socket, source: ChunkSource): Promise<Negotiated> {
  const hello = await source.take(18)
  const known = hello.readBigUInt64BE(0) === nbd.greeting && hello.readBigUInt64BE(8) === nbd.optionMagic
  if (!known || (hello.readUInt16BE(16) & fixedNewstyle) === 0) throw new Error('not a server that we know')
  const flags = Buffer.alloc(4)
  flags.writeUInt32BE(fixedNewstyle)
  socket.write(flags)
  await ask(socket, source, nbd.options.structuredReply)
  const contexts = await ask(socket, source, nbd.options.setMetaContext, nbd.metaContextData(nbd.allocation))
  const infos = await ask(socket, source, nbd.options.go, Buffer.alloc(6))
  return { size: sizeIn(infos), allocation: contexts.length > 0 }
}

/** The replies before the acknowledgement. */
async function ask(
  socket: Socket,
  source: ChunkSource,
  option: number,
  data: Uint8Array = new Uint8Array(),
): Promise<Buffer[]> {
  socket.write(nbd.optionRequest(option, data))
  const replies: Buffer[] = []
  for (;;) {
    const head = await source.take(20)
    const [type, length] = [head.readUInt32BE(12), head.readUInt32BE(16)]
    const fits = head.readBigUInt64BE(0) === nbd.optionReplyMagic && head.readUInt32BE(8) === option
    if (!fits || length > mostReply || replies.length > 64) throw new Error('an answer that makes no sense')
    const reply = await source.take(length)
    if (type === nbd.optionReplies.ack) return replies
    if (type >= 2 ** 31) throw new Error(`it refused option ${option}`)
    replies.push(reply)
  }
}

function sizeIn(infos: readonly Buffer[]): number {
  const info = infos.find((one) => one.length >= 12 && one.readUInt16BE(0) === exportInfo)
  const size = info === undefined ? -1 : Number(info.readBigUInt64BE(2))
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('it did not say a size')
  return size
}
