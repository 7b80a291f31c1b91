import type { Destination } from '@restitute/core'
import {
  type IndexHeader,
  type IndexLine,
  type IndexRecord,
  parseJson,
  sha256Hex,
  validateIndexHeader,
  validateIndexLine,
} from '@restitute/manifest'
import { decryptStream, type Opener } from '@restitute/seal'
import { newTap, type Tap, tap } from './chunks.ts'
import { checkAgainst, ciphertextOf, differs } from './ciphertext.ts'
import { linesOf } from './lines.ts'
import { decompress } from './zstd.ts'

/** Bytes of the longest line that an index may have: who writes one has to keep to it. */
export const longestIndexLine: number = 16 * 1024 * 1024
const limits = { bytes: longestIndexLine }

/** What {@link readIndex} is told. */
interface IndexToRead {
  readonly destination: Destination
  readonly record: IndexRecord
  readonly opener: Opener
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads one index as hostile input: first hashes the whole ciphertext against its record, then decrypts it while
 * hashing again. The header comes first. All is proven only when the iteration has ended. Throws `invalid` (not the
 * recorded bytes, salt, lines or plaintext; damaged), `hostile-input` (a line beyond 16 MiB), `document-invalid` (a
 * line that is no index line), `key-wrong`, `not-found`, `interrupted`.
 */
export async function* readIndex(o: IndexToRead): AsyncIterable<IndexHeader | IndexLine> {
  for await (const lines of readIndexInGroups(o)) yield* lines
}

/** {@link readIndex}, its lines in groups: those of one, which must be gone through to its end, come without waiting. */
export async function* readIndexInGroups(o: IndexToRead): AsyncIterable<Iterable<IndexHeader | IndexLine>> {
  const first = newTap()
  for await (const _chunk of ciphertextOf(o, first));
  checkAgainst(o.record, first)
  const second = newTap()
  const plaintext = newTap()
  yield* parsedLines(o.record, plaintextLines(ciphertextOf(o, second), o, plaintext))
  checkAgainst(o.record, second)
  checkPlaintext(o.record, plaintext)
}

function plaintextLines(
  ciphertext: AsyncIterable<Uint8Array>,
  o: { readonly record: IndexRecord; readonly opener: Opener },
  seen: Tap,
): AsyncIterable<Iterable<Uint8Array>> {
  const { name, lines } = o.record
  const maxBytes = (lines + 1) * longestIndexLine
  return linesOf(
    tap(decompress(decryptStream(ciphertext, o.opener), name, maxBytes, true), seen),
    longestIndexLine,
    name,
  )
}

async function* parsedLines(
  record: IndexRecord,
  groups: AsyncIterable<Iterable<Uint8Array>>,
): AsyncIterable<Iterable<IndexHeader | IndexLine>> {
  const counted = { lines: -1 }
  for await (const lines of groups) yield parsed(record, lines, counted)
  if (counted.lines !== record.lines) throw differs(record, 'lines', record.lines, Math.max(0, counted.lines))
}

function* parsed(
  record: IndexRecord,
  lines: Iterable<Uint8Array>,
  counted: { lines: number },
): Iterable<IndexHeader | IndexLine> {
  for (const line of lines) {
    counted.lines++
    if (counted.lines > record.lines) throw differs(record, 'lines', record.lines, 'more')
    const value = parseJson(line, limits)
    yield counted.lines === 0 ? checkedHeader(value, record) : validateIndexLine(value)
  }
}

function checkedHeader(value: unknown, record: IndexRecord): IndexHeader {
  const header = validateIndexHeader(value)
  if (header.source !== record.source) throw differs(record, 'source', record.source, header.source)
  const saltSha256 = sha256Hex(Buffer.from(header.salt, 'hex'))
  if (saltSha256 !== record.saltSha256) throw differs(record, 'salt sha256', record.saltSha256, saltSha256)
  return header
}

function checkPlaintext(record: IndexRecord, plaintext: Tap): void {
  const sha256 = plaintext.hash.digest('hex')
  if (sha256 !== record.plaintextSha256) {
    throw differs(record, 'plaintext sha256', record.plaintextSha256, sha256)
  }
}
