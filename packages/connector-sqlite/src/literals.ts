import { bytesOfText, isPlain } from './escaped-text.ts'
import type { Encoding } from './schema.ts'
import { RawText, storedBytes, type Value } from './values.ts'

// Controls and the apostrophe; controls that are no line break or tab.
const special = /[^ -&(-\uffff]/
const unprintable = /[^\t\n\r -\uffff]/
// At most 15 digits, 4 of them decimals: exact in every SQLite, with double or extended arithmetic.
const shortDecimal = /^-?\d{1,11}(\.\d{1,4})?$/

/** A name in double quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * A value as an SQL literal that SQLite of any version since 3.8 reads back bit by bit. Without line breaks or
 * control characters, so that no terminal, editor or text-mode pipe (Windows) can alter it.
 */
export function literal(value: Value, encoding: Encoding): string {
  if (value === null) return 'NULL'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return realLiteral(value)
  if (typeof value === 'string') return textLiteral(value, encoding)
  return value instanceof RawText ? castText(value.bytes) : blobLiteral(value)
}

/** A name or definition as a text literal, also when it is not UTF-8. */
export function nameLiteral(text: string): string {
  return isPlain(text) ? `'${text.replaceAll("'", "''")}'` : castText(bytesOfText(text))
}

/** `X'…'`. */
export function blobLiteral(bytes: Uint8Array): string {
  return `X'${hexOf(bytes)}'`
}

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function castText(bytes: Uint8Array): string {
  return `CAST(${blobLiteral(bytes)} AS TEXT)`
}

function textLiteral(text: string, encoding: Encoding): string {
  if (!special.test(text)) return `'${text}'`
  const broken = text.includes('\n') || text.includes('\r')
  if (unprintable.test(text) || (broken && text.includes('\\'))) {
    return castText(storedBytes(text, encoding))
  }
  const quoted = `'${text.replaceAll("'", "''")}'`
  return broken ? withBreaks(quoted) : quoted
}

function withBreaks(quoted: string): string {
  let sql = quoted.replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  if (quoted.includes('\n')) sql = `replace(${sql},'\\n',char(10))`
  if (quoted.includes('\r')) sql = `replace(${sql},'\\r',char(13))`
  return sql
}

/**
 * 17 digits are read back exactly by SQLite ≥ 3.43, and by older ones down to about 1e-280 with extended
 * arithmetic; below, an integer is divided by powers of two, which is exact everywhere.
 */
function realLiteral(value: number): string {
  const shortest = Object.is(value, -0) ? '-0.0' : String(value)
  if (shortDecimal.test(shortest)) return shortest.includes('.') ? shortest : `${shortest}.0`
  if (shortest === '-0.0') return shortest
  if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999'
  return Math.abs(value) < 1e-250 ? dividedLiteral(value) : value.toExponential(16)
}

function dividedLiteral(value: number): string {
  let numerator = value
  let halvings = 0
  for (; !Number.isInteger(numerator); halvings++) numerator *= 2
  const divisors = [...Array<number>(Math.floor(halvings / 62)).fill(62), halvings % 62]
  return `(${numerator}.0${divisors.map((power) => `/${1n << BigInt(power)}.0`).join('')})`
}
