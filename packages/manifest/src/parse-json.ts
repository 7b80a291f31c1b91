import { type Json, RestituteError } from '@restitute/core'

/** Bounds of what {@link parseJson} reads. */
export interface JsonLimits {
  /** Default 256 MiB: the manifest of some hundred thousand volumes. */
  readonly bytes?: number
  /** Of nested objects and arrays; default 64. */
  readonly depth?: number
}

const defaults = { bytes: 256 * 1024 * 1024, depth: 64 }
// A byte order mark is kept, so that it is refused as the character it is.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads JSON that may be hostile: strict UTF-8 (no byte order mark), no member twice in an object, no number
 * beyond a double, no lone surrogate, bounded depth and size. `__proto__` is a member like any other.
 * Throws `hostile-input` beyond a limit, `document-invalid` for the rest. No message quotes the content.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits = {}): Json {
  const { bytes: maxBytes = defaults.bytes, depth: maxDepth = defaults.depth } = limits
  if (bytes.length > maxBytes) throw tooMuch(`at most ${maxBytes} bytes, got ${bytes.length}`)
  const members = scan(bytes, maxDepth)
  const value = parse(decode(bytes))
  // JSON.parse keeps the last of several equal members: then fewer come out than went in.
  if (countMembers(value) !== members) throw invalid('a member occurs twice in one object')
  return value
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
// `[` and `{` differ in one bit, and so do `]` and `}`.
const bracketBit = 0x20
const opening = 0x7b
const closing = 0x7d

/** Bounds the depth before anything recursive sees the text; returns the number of members. */
function scan(bytes: Uint8Array, maxDepth: number): number {
  let depth = 0
  let members = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte === quote) i = endOfString(bytes, i)
    else if (byte === colon) members++
    else if ((byte | bracketBit) === closing) depth--
    else if ((byte | bracketBit) === opening && ++depth > maxDepth)
      throw tooMuch(`at most ${maxDepth} levels`)
  }
  return members
}

/** Index of the quote that ends the string begun at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1
  return i
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new RestituteError('document-invalid', 'JSON: not UTF-8', { cause })
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (thrown) {
    // The engine's message quotes the text, which may be patient data: only the position is kept.
    const position = /at position (\d+)/.exec(String(thrown))?.[1]
    throw invalid(`not well-formed${position === undefined ? '' : ` at character ${position}`}`)
  }
}

/** Members of all objects inside `value`; refuses strings and numbers that have no canonical form on the way. */
function countMembers(value: Json): number {
  if (typeof value === 'string') checkString(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid('a number is too large')
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (!Array.isArray(value)) {
    const keys = Object.keys(value)
    for (const key of keys) checkString(key)
    count = keys.length
  }
  for (const inner of Object.values(value)) count += countMembers(inner as Json)
  return count
}

function checkString(value: string): void {
  if (!value.isWellFormed()) throw invalid('a string has a lone surrogate')
}

function invalid(reason: string): RestituteError {
  return new RestituteError('document-invalid', `JSON: ${reason}`)
}

function tooMuch(expected: string): RestituteError {
  return new RestituteError('hostile-input', `JSON: expected ${expected}`)
}
