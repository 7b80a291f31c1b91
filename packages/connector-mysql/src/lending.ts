import { LendingSocket } from '@restitute/core'
import type { Connection } from 'mysql2'

/** What mysql2 keeps of packets that have not come whole; its types leave this out, and its version is pinned. */
interface Inside {
  readonly stream: unknown
  readonly packetParser: { readonly buffer: Buffer[] }
}

/**
 * For mysql2's option `stream`: as it connects itself, but by a socket that can lend its memory. `idle`: after so many milliseconds
 * in which nothing was said the system asks the other end whether it is there.
 */
export function lendingStream(host: string, port: number, idle: number): () => LendingSocket {
  return () =>
    new LendingSocket().setNoDelay(true).setKeepAlive(true, idle).connect(port, host) as LendingSocket
}

/** Whether what is read next is lent; nothing is on a connection over TLS. */
export function lend(connection: Connection, lends: boolean): void {
  const { stream } = connection as unknown as Inside
  if (stream instanceof LendingSocket) stream.lends = lends
}

/** Lets the driver keep the beginning of a packet, whose memory the next read would fill: a copy, once it has looked at what came. */
export function keepTails(connection: Connection): void {
  const { stream, packetParser } = connection as unknown as Inside
  if (!(stream instanceof LendingSocket)) return
  stream.on('data', () => {
    if (!stream.lends) return
    const last = packetParser.buffer.pop()
    if (last) packetParser.buffer.push(Buffer.from(last))
  })
}
