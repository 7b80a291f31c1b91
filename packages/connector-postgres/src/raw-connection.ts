import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { asBytes, asUtf8 } from './raw-text.ts'

type Listener = (bytes: Buffer) => void

const headBytes = 5
const queryMessage = 0x51
const dataRow = 0x44
const nothing = Buffer.alloc(0)

/** Has a client, which knows UTF-8 alone, say and hear the bytes of a server without encoding. To be called between statements. */
export function speakBytes(client: pg.Client): void {
  const { connection } = client as unknown as {
    connection: { readonly stream: Duplex; query(sql: string): void }
  }
  const { stream } = connection
  connection.query = (sql) => void stream.write(queryOf(sql))
  const [driver] = stream.listeners('data') as Listener[]
  if (!driver) throw new Error('the driver does not read')
  const replies = new Replies()
  stream.removeListener('data', driver).on('data', (bytes: Buffer) => driver(replies.take(bytes)))
}

/** The message Query of the protocol (PostgreSQL, chapter "Message Formats"). */
function queryOf(sql: string): Buffer {
  const text = asBytes(sql)
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(queryMessage)
  head.writeInt32BE(text.length + headBytes, 1)
  return Buffer.concat([head, text, Buffer.alloc(1)])
}

/** What a server sends, message by message: in rows, every value is made UTF-8. */
export class Replies {
  #held: Buffer[] = []
  #heldBytes = 0

  /** The messages that are whole by now; the bytes are kept until then. */
  take(bytes: Buffer): Buffer {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes < this.#wanted()) return nothing
    const all = Buffer.concat(this.#held)
    const out: Buffer[] = []
    let at = 0
    for (let end = endOf(all, at); end <= all.length; end = endOf(all, at)) {
      out.push(recoded(all.subarray(at, end)))
      at = end
    }
    this.#held = [all.subarray(at)]
    this.#heldBytes = all.length - at
    return Buffer.concat(out)
  }

  /** Bytes of the first message; it may come in many pieces, which are not to be joined for each. */
  #wanted(): number {
    const [first = nothing] = this.#held
    return first.length < headBytes ? headBytes : endOf(first, 0)
  }
}

/** Where the message that begins at `at` ends; beyond the bytes when they do not say. */
function endOf(bytes: Buffer, at: number): number {
  return bytes.length - at < headBytes ? Number.POSITIVE_INFINITY : at + 1 + bytes.readInt32BE(at + 1)
}

function recoded(message: Buffer): Buffer {
  if (message[0] !== dataRow) return message
  const parts: Buffer[] = [message.subarray(0, headBytes + 2)]
  for (let at = headBytes + 2; at < message.length; ) {
    const length = message.readInt32BE(at)
    const value = asUtf8(message.subarray(at + 4, at + 4 + Math.max(0, length)))
    const head = Buffer.alloc(4)
    head.writeInt32BE(length < 0 ? length : value.length)
    parts.push(head, value)
    at += 4 + Math.max(0, length)
  }
  const row = Buffer.concat(parts)
  row.writeInt32BE(row.length - 1, 1)
  return row
}
