import * as openpgp from 'openpgp'
import { isBinary } from './armor.ts'

const issuerKeyId = 16
const columns = [60, 64]

/**
 * Whether a detached signature file holds one signature in the bytes that OpenPGP.js and GnuPG write, and nothing
 * else. A good signature covers neither its armor, nor the length of its numbers, nor its unhashed subpackets
 * (RFC 9580, §5.2.4): what is changed there harms nobody, but shows that the file is not the one that was written.
 * Of the unhashed subpackets only the issuer's key id is usual.
 */
export async function isTidySignature(bytes: Uint8Array): Promise<boolean> {
  const binarySignature = isBinary(bytes) ? bytes : dearmored(Buffer.from(bytes).toString('latin1'))
  if (!binarySignature) return false
  try {
    const { packets } = await openpgp.readSignature({ binarySignature })
    const [packet] = packets
    return (
      packets.length === 1 && packet instanceof openpgp.SignaturePacket && isWritten(packet, binarySignature)
    )
  } catch {
    return false
  }
}

/** The bytes of an armor, when it has no header and nothing around it, lines of the usual length and its checksum. */
function dearmored(text: string): Uint8Array | undefined {
  const body = /\n\r?\n([^=]*={0,2}\r?\n)=/.exec(text)?.[1] ?? ''
  const bytes = Buffer.from(body, 'base64')
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  return columns.some((width) => armored(bytes, width, end) === text) ? bytes : undefined
}

function armored(bytes: Uint8Array, width: number, end: string): string {
  const { signature } = openpgp.enums.armor
  const [begin = '', , ...lines] = openpgp
    .armor(signature, bytes, undefined, undefined, undefined, true)
    .split('\n')
  const checksum = lines.findIndex((line) => /^=.{4}$/.test(line))
  const wrapped =
    lines
      .slice(0, checksum)
      .join('')
      .match(new RegExp(`.{1,${width}}`, 'g')) ?? []
  return [begin, '', ...wrapped, ...lines.slice(checksum)].join(end)
}

function isWritten(packet: openpgp.SignaturePacket, bytes: Uint8Array): boolean {
  const body = packet.write()
  const usual = packet.unhashedSubpackets.every(({ type }) => type === issuerKeyId)
  return usual && headersFor(body.length).some((header) => Buffer.concat([header, body]).equals(bytes))
}

/** Of the packet, in the new and in the old format (RFC 9580, §4.2). */
function headersFor(length: number): Uint8Array[] {
  const old = length < 256 ? [0x88, length] : [0x89, length >> 8, length & 0xff]
  const current = length < 192 ? [0xc2, length] : [0xc2, ((length - 192) >> 8) + 192, (length - 192) & 0xff]
  return [Uint8Array.from(old), Uint8Array.from(current)]
}
