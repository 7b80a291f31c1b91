import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NbdConnection } from '../src/nbd/connection.ts'
import { tempFolder } from './support/places.ts'

const greeting = Buffer.from('4e42444d41474943' + '49484156454f5054' + '0003', 'hex')

/** A reply to an option of the client. */
function optionReply(option: number, type: number, data = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20)
  head.writeBigUInt64BE(0x3e889045565a9n)
  head.writeUInt32BE(option, 8)
  head.writeUInt32BE(type, 12)
  head.writeUInt32BE(data.length, 16)
  return Buffer.concat([head, data])
}

/** What a server says until the phase of transmission, on an export of 1 MiB. */
const agreed = Buffer.concat([
  greeting,
  optionReply(8, 1),
  optionReply(10, 4, Buffer.concat([Buffer.from('00000001', 'hex'), Buffer.from('base:allocation')])),
  optionReply(10, 1),
  optionReply(7, 3, Buffer.from('0000' + '0000000000100000' + '0001', 'hex')),
  optionReply(7, 1),
])

/** A structured reply to the first request. */
function chunk(type: number, length: number, payload: string): Buffer {
  const head = Buffer.alloc(20)
  head.writeUInt32BE(0x668e33ef)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(type, 6)
  head.writeBigUInt64BE(1n, 8)
  head.writeUInt32BE(length, 16)
  return Buffer.concat([head, Buffer.from(payload, 'hex')])
}

async function withServer<T>(
  behave: (socket: Socket) => void,
  use: (path: string) => Promise<T>,
): Promise<T> {
  await using temp = await tempFolder()
  const path = join(temp.path, 'socket')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    behave(socket)
  }).listen(path)
  await once(server, 'listening')
  try {
    return await use(path)
  } finally {
    server.close()
  }
}

/** Says the first part at once, the second when the client asks for data. */
const answering = (first: Buffer, second?: Buffer) => (socket: Socket) => {
  socket.write(first)
  socket.on('data', (data: Buffer) => {
    // Requests have 28 bytes; the options before come in other sizes.
    if (data.subarray(-28).readUInt32BE(0) !== 0x25609513) return
    if (second) socket.write(second)
    else socket.destroy()
  })
}

const replies: readonly (readonly [string, Buffer | undefined])[] = [
  ['closes', undefined],
  ['sends rubbish', Buffer.alloc(64, 0xee)],
  ['sends more than was asked for', chunk(1, 2 ** 20, '0000000000000000' + '00'.repeat(64))],
  ['sends another place', chunk(1, 8 + 4, '00000000000f0000' + '00000000')],
  ['sends an error without end', chunk(0x8001, 0x7fffffff, '0000000500')],
  ['says that it cannot', chunk(0x8001, 6, '000000050000')],
  [
    'answers a request that nobody made',
    Buffer.concat([chunk(0, 0, '').subarray(0, 8), Buffer.alloc(12, 9)]),
  ],
]

describe('a server that does not keep to the protocol', () => {
  it.each(replies)('and %s fails the reading, and does not hold it up', async (_, second) => {
    await withServer(answering(agreed, second), async (path) => {
      const connection = await NbdConnection.open(path)
      expect(connection.size).toBe(2 ** 20)
      await expect(connection.read(0, Buffer.alloc(4096))).rejects.toThrow(/./)
      connection.close()
    })
  })

  it('and resets the connection fails the reading, and nothing else', async () => {
    const resetting = (socket: Socket): void => {
      answering(agreed, Buffer.alloc(0))(socket)
      socket.on('data', (data: Buffer) => {
        // Unread bytes make the system reset the connection instead of closing it.
        if (data.subarray(-28).readUInt32BE(0) === 0x25609513) socket.pause()
      })
    }
    await using temp = await tempFolder()
    const path = join(temp.path, 'socket')
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}))
      resetting(socket)
    }).listen(path)
    await once(server, 'listening')
    const connection = await NbdConnection.open(path)
    const first = connection.read(0, Buffer.alloc(4096)).catch((error: unknown) => error)
    await once(sockets[0] as Socket, 'pause')
    const more = Array.from({ length: 50 }, () =>
      connection.write(0, Buffer.alloc(64 * 1024)).catch((error: unknown) => error),
    )
    sockets[0]?.destroy()
    server.close()
    for (const failed of await Promise.all([first, ...more])) expect(failed).toBeInstanceOf(Error)
  })

  it('and lies about a stretch fails the question', async () => {
    const second = chunk(5, 12, '00000001' + '00000000' + '00000000')
    await withServer(answering(agreed, second), async (path) => {
      const connection = await NbdConnection.open(path)
      await expect(connection.status(0, 4096)).rejects.toThrow('a stretch without length')
      connection.close()
    })
  })

  it.each([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a refusal', Buffer.concat([greeting, optionReply(8, 0x80000001)])],
    [
      'an answer without end',
      Buffer.concat([greeting, optionReply(8, 3).subarray(0, 16), Buffer.alloc(4, 0xff)]),
    ],
  ])('from its beginning, with %s, is not connected to', async (_, first) => {
    await withServer(answering(first), async (path) => {
      await expect(NbdConnection.open(path)).rejects.toThrow(/./)
    })
  })
})
