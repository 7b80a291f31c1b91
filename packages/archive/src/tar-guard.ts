import { RestituteError } from '@restitute/core'
import { block, padded } from './extents.ts'
import { isOctal, octalIn } from './octal.ts'
import { longestPax, misplacedPax, readPax } from './pax.ts'
import { checksum } from './ustar.ts'

/** Bytes that one entry may take in a tar beside its content: two headers, a pax record, padding, a sparse map's rest. */
export const entryOverhead: number = longestPax + 5 * block
/** The two blocks of zeros at the end. */
export const tarEnd = 1024

const magic = Buffer.from('ustar\u000000', 'latin1')
type HeaderType = 'file' | 'link' | 'directory' | 'pax'
const types: ReadonlyMap<number, HeaderType> = new Map([
  [0x30, 'file'],
  [0x31, 'link'],
  [0x35, 'directory'],
  [0x78, 'pax'],
])
const noRecords: ReadonlyMap<string, string> = new Map()

/**
 * Passes on a tar of the one form that we write (POSIX ustar headers of files, directories and hard links; pax records
 * for names, times, owners, attributes and the GNU sparse format 1.0) and throws `hostile-input` at anything else,
 * above all at what readers of tar disagree on: symbolic links, devices, GNU and global headers, contradicting names,
 * data after the end, a missing end. What names and sparse maps say is for its reader to judge.
 */
export async function* guardTar(source: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const guard = new TarGuard(name)
  for await (const chunk of source) {
    guard.take(chunk)
    yield chunk
  }
  guard.end()
}

/** Name, target of a link, prefix of the name. */
const texts = [
  [0, 100],
  [157, 257],
  [345, 500],
] as const
/** Mode, user, group. */
const numbers = [100, 108, 116] as const

class TarGuard {
  readonly #name: string
  /** Content and padding still to pass. */
  #passing = 0
  /** The beginning of a header, or of a pax record with its padding, that does not lie in one chunk. */
  readonly #held: Buffer = Buffer.alloc(padded(longestPax))
  #filled = 0
  /** Length of the pax record that is being held. */
  #pax = 0
  /** What a pax record says of the next entry. */
  #records: ReadonlyMap<string, string> | undefined
  #zeroBlocks = 0

  constructor(name: string) {
    this.#name = name
  }

  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      at += this.#passing > 0 ? this.#pass(chunk.length - at) : this.#hold(chunk, at)
    }
  }

  end(): void {
    if (this.#passing > 0 || this.#filled > 0 || this.#pax > 0) this.#refuse('ends in the middle of an entry')
    if (this.#records) this.#refuse('has a pax record without its entry')
    if (this.#zeroBlocks < tarEnd / block) this.#refuse('has no end')
  }

  #pass(available: number): number {
    const passed = Math.min(available, this.#passing)
    this.#passing -= passed
    return passed
  }

  #hold(chunk: Uint8Array, at: number): number {
    const due = this.#pax === 0 ? block : padded(this.#pax)
    const taken = Math.min(due - this.#filled, chunk.length - at)
    if (taken === due) {
      this.#judge(Buffer.from(chunk.buffer, chunk.byteOffset + at, due))
      return due
    }
    this.#held.set(chunk.subarray(at, at + taken), this.#filled)
    this.#filled += taken
    if (this.#filled === due) {
      this.#filled = 0
      this.#judge(this.#held.subarray(0, due))
    }
    return taken
  }

  #judge(whole: Buffer): void {
    if (this.#pax === 0) return this.#judgeHeader(whole)
    const records = readPax(whole.subarray(0, this.#pax))
    if (typeof records === 'string') this.#refuse(records)
    this.#records = records
    this.#pax = 0
  }

  #judgeHeader(header: Buffer): void {
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      if (this.#records) this.#refuse('has a pax record without its entry')
      this.#zeroBlocks++
      return
    }
    if (this.#zeroBlocks > 0) this.#refuse('has data after its end')
    if (magic.compare(header, 257, 265) !== 0) this.#refuse('has a header that is not POSIX ustar')
    if (octalIn(header, 148, 156) !== checksum(header)) this.#refuse('has a header whose checksum is wrong')
    for (const [from, to] of texts) this.#checkText(header, from, to)
    for (const from of numbers) this.#checkNumber(header, from)
    if (!isLongNumber(header, 136)) this.#refuse('has a time that makes no sense')
    const type = types.get(header[156] ?? 0)
    if (!type) this.#refuse('has an entry that is neither a file nor a directory nor a hard link')
    // Some readers take it for a directory, and its content for headers.
    if (type === 'file' && endsLikeFolder(header)) {
      this.#refuse('has a file with the name of a directory')
    }
    if (header[157] !== 0 && (type === 'file' || type === 'directory')) {
      this.#refuse('has the target of a link with another entry')
    }
    if (type === 'pax') this.#followPax(this.#sizeOf(header))
    else this.#follow(type, this.#sizeOf(header))
  }

  #follow(type: 'file' | 'directory' | 'link', size: number): void {
    if (type !== 'file' && size > 0) this.#refuse('has a directory or a link with content')
    const misplaced = misplacedPax(type, this.#records ?? noRecords)
    if (misplaced) this.#refuse(misplaced)
    this.#passing = padded(size)
    this.#records = undefined
  }

  #followPax(size: number): void {
    if (this.#records) this.#refuse('has two pax records for one entry')
    if (size === 0 || size > longestPax) this.#refuse(`has a pax record of ${size} bytes`)
    this.#pax = size
  }

  #sizeOf(header: Buffer): number {
    if (isLongNumber(header, 124)) return octalIn(header, 124, 135)
    const size = header[124] === 0x80 ? header.readBigUInt64BE(128) : 0n
    const high = header.subarray(125, 128).some((byte) => byte !== 0)
    if (size === 0n || high || size > Number.MAX_SAFE_INTEGER) this.#refuse('has a size that makes no sense')
    return Number(size)
  }

  /** Printable ASCII, then zeros: any other name is in a pax record. */
  #checkText(header: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && isPrintable(header[at])) at++
    while (at < to && header[at] === 0) at++
    if (at < to) this.#refuse('has a header with an unclear name')
  }

  /** Six or seven digits of eight bytes. */
  #checkNumber(header: Buffer, from: number): void {
    const seventh = header[from + 6]
    const ends = (isOctal(seventh) || isBlank(seventh)) && isBlank(header[from + 7])
    if (!ends || !areOctal(header, from, from + 6)) this.#refuse('has a number that makes no sense')
  }

  #refuse(what: string): never {
    throw new RestituteError('hostile-input', `${this.#name}: its tar ${what}`)
  }
}

/** Eleven digits of twelve bytes. */
function isLongNumber(header: Buffer, from: number): boolean {
  return areOctal(header, from, from + 11) && isBlank(header[from + 11])
}

function areOctal(header: Buffer, from: number, to: number): boolean {
  let at = from
  while (at < to && isOctal(header[at])) at++
  return at === to
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte <= 0x7e
}

/** A name that is empty or ends in a slash. */
function endsLikeFolder(header: Buffer): boolean {
  let end = 100
  while (end > 0 && header[end - 1] === 0) end--
  return end === 0 || header[end - 1] === 0x2f
}
