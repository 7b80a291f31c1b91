import { RestituteError } from '@restitute/core'
import { readTime } from './pax-time.ts'

/** Bytes that one entry may take in a tar beside its content: two headers, a pax record, padding. */
export const entryOverhead = 8192
/** The two blocks of zeros at the end. */
export const tarEnd = 1024

const block = 512
const longestPax = 5120
const magic = 'ustar\u000000'
const types: ReadonlyMap<number, 'file' | 'directory' | 'pax'> = new Map([
  [0x30, 'file'],
  [0x35, 'directory'],
  [0x78, 'pax'],
])
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Passes on a tar of the one form that we write (POSIX ustar headers, plain files and directories, pax records for
 * `path` and `mtime`) and throws `hostile-input` at anything else, above all at what readers of tar disagree on:
 * links, devices, GNU and global headers, contradicting names, data after the end, a missing end.
 */
export async function* guardTar(source: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const guard = new TarGuard(name)
  for await (const chunk of source) {
    guard.take(chunk)
    yield chunk
  }
  guard.end()
}

class TarGuard {
  readonly #name: string
  /** Content and padding still to pass. */
  #passing = 0
  /** A header, or a pax record with its padding. */
  #held: Buffer = Buffer.alloc(block)
  #filled = 0
  /** Length of the pax record that is being held. */
  #pax = 0
  #paxBefore = false
  #zeroBlocks = 0

  constructor(name: string) {
    this.#name = name
  }

  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const left = chunk.length - at
      at += this.#passing > 0 ? this.#pass(left) : this.#hold(chunk.subarray(at))
    }
  }

  end(): void {
    if (this.#passing > 0 || this.#filled > 0 || this.#pax > 0) this.#refuse('ends in the middle of an entry')
    if (this.#paxBefore) this.#refuse('has a pax record without its entry')
    if (this.#zeroBlocks < tarEnd / block) this.#refuse('has no end')
  }

  #pass(available: number): number {
    const passed = Math.min(available, this.#passing)
    this.#passing -= passed
    return passed
  }

  #hold(rest: Uint8Array): number {
    const taken = rest.subarray(0, this.#held.length - this.#filled)
    this.#held.set(taken, this.#filled)
    this.#filled += taken.length
    if (this.#filled === this.#held.length) this.#judge()
    return taken.length
  }

  #judge(): void {
    this.#filled = 0
    if (this.#pax === 0) return this.#judgeHeader(this.#held)
    this.#judgePax(this.#held.subarray(0, this.#pax))
    this.#pax = 0
    this.#held = Buffer.alloc(block)
  }

  #judgeHeader(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.#zeroBlocks++
      return
    }
    if (this.#zeroBlocks > 0) this.#refuse('has data after its end')
    if (header.toString('latin1', 257, 265) !== magic) this.#refuse('has a header that is not POSIX ustar')
    this.#checkText(header.subarray(0, 100))
    this.#checkText(header.subarray(345, 500))
    const type = types.get(header[156] ?? 0)
    // Some readers take it for a directory, and its content for headers.
    if (type === 'file' && /(^|\/)\0*$/.test(header.toString('latin1', 0, 100))) {
      this.#refuse('has a file with the name of a directory')
    }
    this.#follow(type, this.#sizeOf(header))
  }

  #follow(type: 'file' | 'directory' | 'pax' | undefined, size: number): void {
    if (!type) this.#refuse('has an entry that is neither a file nor a directory')
    if (type === 'directory' && size > 0) this.#refuse('has a directory with content')
    if (type !== 'pax') {
      this.#passing = padded(size)
      this.#paxBefore = false
      return
    }
    if (this.#paxBefore) this.#refuse('has two pax records for one entry')
    if (size === 0 || size > longestPax) this.#refuse(`has a pax record of ${size} bytes`)
    this.#paxBefore = true
    this.#pax = size
    this.#held = Buffer.alloc(padded(size))
  }

  #sizeOf(header: Buffer): number {
    const octal = /^([0-7]{11})[ \0]$/.exec(header.toString('latin1', 124, 136))
    if (octal) return Number.parseInt(octal[1] ?? '', 8)
    const size = header[124] === 0x80 ? header.readBigUInt64BE(128) : 0n
    const high = header.subarray(125, 128).some((byte) => byte !== 0)
    if (size === 0n || high || size > Number.MAX_SAFE_INTEGER) this.#refuse('has a size that makes no sense')
    return Number(size)
  }

  /** Printable ASCII, then zeros: any other name is in a pax record. */
  #checkText(field: Buffer): void {
    if (!/^[ -~]*\0*$/.test(field.toString('latin1'))) this.#refuse('has a header with an unclear name')
  }

  #judgePax(record: Buffer): void {
    const seen = new Set<string>()
    for (let at = 0; at < record.length; ) {
      const length = Number(/^([1-9]\d{0,4}) /.exec(record.toString('latin1', at, at + 6))?.[1])
      const line = record.subarray(at, at + length)
      if (!(line.length === length)) this.#refuse('has a pax record of the wrong length')
      seen.add(this.#keyOf(line, seen))
      at += length
    }
  }

  #keyOf(line: Buffer, seen: ReadonlySet<string>): string {
    const match = /^\d+ (path|mtime)=([^\0\n]*)\n$/.exec(this.#decode(line))
    const key = match?.[1]
    if (!key || seen.has(key))
      this.#refuse('has a pax record that means something else than a path or a time')
    if (key === 'mtime' && readTime(match?.[2] ?? '') === undefined)
      this.#refuse('has a time that makes no sense')
    return key
  }

  #decode(bytes: Buffer): string {
    try {
      return utf8.decode(bytes)
    } catch {
      return this.#refuse('has a pax record that is not UTF-8')
    }
  }

  #refuse(what: string): never {
    throw new RestituteError('hostile-input', `${this.#name}: its tar ${what}`)
  }
}

function padded(size: number): number {
  return Math.ceil(size / block) * block
}
