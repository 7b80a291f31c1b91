// The NBD protocol (github.com/NetworkBlockDevice/nbd, doc/proto.md), as far as a client of qemu-nbd needs it.

/** `NBDMAGIC` */
export const greeting = 0x4e42444d41474943n
/** `IHAVEOPT` */
export const optionMagic = 0x49484156454f5054n
export const optionReplyMagic = 0x3e889045565a9n
export const requestMagic = 0x25609513
export const simpleReplyMagic = 0x67446698
export const structuredReplyMagic = 0x668e33ef

export const options = { go: 7, structuredReply: 8, setMetaContext: 10 } as const
export const optionReplies = { ack: 1, info: 3, metaContext: 4 } as const
export const commands = { read: 0, write: 1, disconnect: 2, flush: 3, blockStatus: 7 } as const
export const replyTypes = { none: 0, data: 1, hole: 2, blockStatus: 5 } as const
/** Of a reply: nothing more comes to this request. */
export const done = 1
/** Replies of these types are errors. */
export const errorBit = 0x8000
/** Of a stretch: reads as zeros. */
export const zero = 2
/** Which stretches hold data. */
export const allocation = 'base:allocation'

/** A request of the client in the phase of options. */
export function optionRequest(option: number, data: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(16)
  head.writeBigUInt64BE(optionMagic, 0)
  head.writeUInt32BE(option, 8)
  head.writeUInt32BE(data.length, 12)
  return Buffer.concat([head, data])
}

/** Data of {@link options.setMetaContext} for the export without a name. */
export function metaContextData(name: string): Buffer {
  const text = Buffer.from(name)
  const head = Buffer.alloc(12)
  head.writeUInt32BE(1, 4)
  head.writeUInt32BE(text.length, 8)
  return Buffer.concat([head, text])
}

/** A request of the phase of transmission. */
export function request(command: number, cookie: bigint, offset: number, length: number): Buffer {
  const head = Buffer.alloc(28)
  head.writeUInt32BE(requestMagic, 0)
  head.writeUInt16BE(command, 6)
  head.writeBigUInt64BE(cookie, 8)
  head.writeBigUInt64BE(BigInt(offset), 16)
  head.writeUInt32BE(length, 24)
  return head
}
