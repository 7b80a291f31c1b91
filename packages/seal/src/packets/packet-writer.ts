import { MemoryByTurns } from '@restitute/core'

/** 256 KiB: parts of a power of two (RFC 9580 §4.2.1.4), large enough that their number costs nothing. */
const partBits = 18
const partBytes = 2 ** partBits

/**
 * Writes one packet of a length that is not known beforehand: a header, then its body in parts. What comes out is good
 * until the part after the next is asked for: parts lie in two pieces of memory by turns (a new one each cost a third of the
 * time).
 */
export class PacketWriter {
  /** Of the next part; the first byte is that of its length. */
  readonly #memory: MemoryByTurns = new MemoryByTurns(1 + partBytes)
  #filled = 0
  /** Stands before the first part only. */
  #start: Buffer

  /** `before` are packets that come first. */
  constructor(tag: number, before: Uint8Array = Buffer.of()) {
    this.#start = Buffer.concat([before, Buffer.of(0xc0 | tag)])
  }

  /** The next bytes of the body; gives what of the packet is now complete. */
  *take(bytes: Uint8Array): Iterable<Buffer> {
    for (let from = 0; from < bytes.length; ) {
      if (this.#filled === partBytes) yield* this.#full()
      const piece = bytes.subarray(from, from + partBytes - this.#filled)
      this.#memory.now.set(piece, 1 + this.#filled)
      this.#filled += piece.length
      from += piece.length
    }
  }

  /** The end of the packet: what is left, under its length. */
  end(): Buffer {
    const length = Buffer.of(0xff, 0, 0, 0, 0)
    length.writeUInt32BE(this.#filled, 1)
    return Buffer.concat([this.#start, length, this.#memory.now.subarray(1, 1 + this.#filled)])
  }

  *#full(): Iterable<Buffer> {
    if (this.#start.length > 0) yield this.#start
    this.#start = Buffer.of()
    this.#memory.now[0] = 0xe0 | partBits
    yield this.#memory.now
    this.#memory.turn()
    this.#filled = 0
  }
}
