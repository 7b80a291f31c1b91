import type { Encoding } from './schema.ts'

/** Text that is not valid in the database's encoding: its bytes as they are stored. */
export class RawText {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** A stored value: NULL, INTEGER, REAL, TEXT, TEXT that is not Unicode, BLOB. */
export type Value = null | bigint | number | string | RawText | Uint8Array

/** A text's bytes as the database stores them. */
export function storedBytes(text: string | RawText, encoding: Encoding): Uint8Array {
  if (text instanceof RawText) return text.bytes
  if (encoding === 'UTF-8') return Buffer.from(text)
  const bytes = Buffer.from(text, 'utf16le')
  return encoding === 'UTF-16be' ? bytes.swap16() : bytes
}

/** The text of stored bytes, exactly, or {@link RawText}. */
export function textOfStored(bytes: Uint8Array, encoding: Encoding): string | RawText {
  try {
    return decoders[encoding].decode(bytes)
  } catch {
    return new RawText(bytes)
  }
}

const decoders = {
  'UTF-8': new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
  'UTF-16le': new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true }),
  'UTF-16be': new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }),
} as const
