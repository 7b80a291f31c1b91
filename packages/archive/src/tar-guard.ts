import { RestituteError } from '@restitute/core'
import { longestPax, misplacedPax, readPax } from './pax.ts'
import { checksum } from './ustar.ts'

const block = 512
/** Bytes that one entry may take in a tar beside its content: two headers, a pax record, padding, a sparse map's rest. */
export const entryOverhead: number = longestPax + 5 * block
/** The two blocks of zeros at the end. */
export const tarEnd = 1024

const magic = 'ustar\u000000'
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
  /** A header, or a pax record with its padding. */
  #held: Buffer = Buffer.alloc(block)
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
      const left = chunk.length - at
      at += this.#passing > 0 ? this.#pass(left) : this.#hold(chunk.subarray(at))
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
    const records = readPax(this.#held.subarray(0, this.#pax))
    if (typeof records === 'string') this.#refuse(records)
    this.#records = records
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
    if (Number.parseInt(header.toString('latin1', 148, 156), 8) !== checksum(header))
      this.#refuse('has a header whose checksum is wrong')
    for (const [from, to] of texts) this.#checkText(header.subarray(from, to))
    for (const from of numbers) this.#checkNumber(header.subarray(from, from + 8))
    if (!/^[0-7]{11}[ \0]$/.test(header.toString('latin1', 136, 148)))
      this.#refuse('has a time that makes no sense')
    const type = types.get(header[156] ?? 0)
    if (!type) this.#refuse('has an entry that is neither a file nor a directory nor a hard link')
    // Some readers take it for a directory, and its content for headers.
    if (type === 'file' && /(^|\/)\0*$/.test(header.toString('latin1', 0, 100))) {
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

  #checkNumber(field: Buffer): void {
    if (!/^[0-7]{6,7}[ \0]{1,2}$/.test(field.toString('latin1')))
      this.#refuse('has a number that makes no sense')
  }

  #refuse(what: string): never {
    throw new RestituteError('hostile-input', `${this.#name}: its tar ${what}`)
  }
}

function padded(size: number): number {
  return Math.ceil(size / block) * block
}
