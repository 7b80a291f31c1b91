import { type AnySessionKey, decipher, prefixBytes } from './integrity.ts'
import { PacketBytes } from './packet-bytes.ts'
import { longestHeader, type PacketHeader, packetBody, packetHeader } from './packet-header.ts'
import { firstNotCritical, tags } from './tags.ts'

/**
 * The content of an encrypted data packet of version 1 whose header and version were just taken: that of the one
 * literal packet in it. Nothing may follow the packet. Throws for whatever is damaged, cut or has no place there.
 */
export async function* openContent(
  bytes: PacketBytes,
  body: PacketHeader,
  sessionKey: AnySessionKey,
): AsyncIterable<Uint8Array> {
  const inside = new PacketBytes(decipher(packetBody(bytes, body), sessionKey))
  await inside.take(prefixBytes)
  yield* literalContent(inside)
  if ((await bytes.peek(1)).length > 0) throw new Error('something follows the encrypted data')
}

async function* literalContent(inside: PacketBytes): AsyncIterable<Uint8Array> {
  let found = false
  for (let header = await nextHeader(inside); header; header = await nextHeader(inside)) {
    const { tag } = header
    if (tag === tags.literal ? found : !mayStandBeside(tag))
      throw new Error(`packet ${tag} inside an encrypted message`)
    const body = packetBody(inside, header)
    if (tag === tags.literal) yield* content(new PacketBytes(body))
    else for await (const _ of body);
    found ||= tag === tags.literal
  }
  if (!found) throw new Error('the message has no content')
}

async function nextHeader(inside: PacketBytes): Promise<PacketHeader | undefined> {
  const bytes = await inside.peek(longestHeader)
  if (bytes.length === 0) return undefined
  const header = packetHeader(bytes)
  if (!header) throw new Error('a packet has no length, or is none')
  await inside.take(header.size)
  return header
}

/**
 * Signatures, which this is not the place to judge, and what carries nothing. Neither encryption nor compression: ours
 * have none, and it could swell without bound.
 */
function mayStandBeside(tag: number): boolean {
  const { signature, onePassSignature, marker, padding } = tags
  return tag >= firstNotCritical || [signature, onePassSignature, marker, padding].some((one) => one === tag)
}

/** Format, length of the name, name, date; then the content. */
async function* content(body: PacketBytes): AsyncIterable<Uint8Array> {
  const [, nameBytes = 0] = await body.take(2)
  const rest = await body.take(nameBytes + 4)
  if (rest.length < nameBytes + 4) throw new Error('a literal packet is cut')
  yield* body.rest()
}
