import type { PacketBytes } from './packet-bytes.ts'
import { longestHeader, type PacketHeader, packetHeader } from './packet-header.ts'
import { tags } from './tags.ts'

/** Far more session keys than a message has recipients. */
const longestHead = 1024 * 1024

/** How a message begins. */
export interface MessageHead {
  /** The packets with the session keys, which were taken. */
  readonly keys: Uint8Array
  /** Of the encrypted data packet of version 1, when that comes next: header and version were taken, too. */
  readonly body: PacketHeader | undefined
}

/**
 * Takes the session keys before the encrypted data. Without `body` the message is of another form than ours, and
 * somebody else must judge it.
 */
export async function readHead(bytes: PacketBytes): Promise<MessageHead> {
  const taken: Uint8Array[] = []
  for (let length = 0; length < longestHead; ) {
    const begun = await bytes.peek(longestHeader + 1)
    const header = packetHeader(begun)
    if (header?.tag === tags.integrityProtected && begun[header.size] === 1) {
      await bytes.take(header.size + 1)
      return { keys: Buffer.concat(taken), body: { ...header, length: header.length - 1 } }
    }
    if (!header || header.partial || !beginsMessages(header.tag)) break
    const packet = header.size + header.length
    if (length + packet > longestHead) break
    taken.push(await bytes.take(packet))
    length += packet
  }
  return { keys: Buffer.concat(taken), body: undefined }
}

function beginsMessages(tag: number): boolean {
  const { publicKeySessionKey, passwordSessionKey, marker, padding } = tags
  return [publicKeySessionKey, passwordSessionKey, marker, padding].some((one) => one === tag)
}
