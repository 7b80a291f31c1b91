// Types of messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
const copyData = 0x64
const besideCopyData = Buffer.from('HNSA')
const headerBytes = 5
const blockBytes = 256 * 1024
const nothing = Buffer.alloc(0)

/**
 * Takes the rows out of the messages of `COPY … TO STDOUT`, in parts that end with the first row that reaches
 * `partBytes`. The server sends each row as one message (protocol, "COPY operations"), so no byte of a row is looked at.
 */
export class CopyMessages {
  readonly #partBytes: number
  readonly #spare: Buffer[]
  /** Of a header that has not come whole. */
  #held: Buffer = nothing
  /** Bytes of the message in hand that have yet to come. */
  #left = 0
  #isRow = false
  #blocks: Buffer[] = []
  #block: Buffer = nothing
  #filled = 0
  #size = 0
  #parts: Buffer[][] = []

  /** `spare`: blocks of memory to be used again; those of parts that are done with are put there. */
  constructor(partBytes: number, spare: Buffer[] = []) {
    this.#partBytes = partBytes
    this.#spare = spare
  }

  /** Takes bytes of the connection; gives those from the message on that ends the rows, once it has come. */
  take(bytes: Buffer): Buffer | undefined {
    const all = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes
    this.#held = nothing
    for (let at = 0; at < all.length; ) {
      if (this.#left === 0) {
        if (all.length - at < headerBytes) {
          this.#held = Buffer.from(all.subarray(at))
          return undefined
        }
        if (!this.#begin(all, at)) return all.subarray(at)
        at += headerBytes
      }
      const length = Math.min(this.#left, all.length - at)
      if (this.#isRow) this.#keep(all, at, at + length)
      at += length
      this.#left -= length
      if (this.#left === 0 && this.#size >= this.#partBytes) this.#cut()
    }
    return undefined
  }

  /** The parts that are whole by now, each given once. */
  parts(): Buffer[][] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  /** Nobody needs this part any more: its memory is filled anew, since V8 is slow to collect what lies outside its heap. */
  release(part: readonly Buffer[]): void {
    for (const block of part) this.#spare.push(Buffer.from(block.buffer))
  }

  /** No row comes any more: what is left is the last part. */
  end(): void {
    if (this.#size > 0) this.#cut()
  }

  /** False when this message is no part of copying. */
  #begin(bytes: Buffer, at: number): boolean {
    const type = bytes[at] ?? 0
    this.#isRow = type === copyData
    if (!this.#isRow && !besideCopyData.includes(type)) return false
    this.#left = bytes.readUInt32BE(at + 1) - 4
    return true
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; ) {
      if (this.#filled === this.#block.length) this.#nextBlock()
      const copied = bytes.copy(this.#block, this.#filled, at, to)
      this.#filled += copied
      this.#size += copied
      at += copied
    }
  }

  #nextBlock(): void {
    if (this.#filled > 0) this.#blocks.push(this.#block)
    this.#block = this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
    this.#filled = 0
  }

  #cut(): void {
    this.#parts.push([...this.#blocks, this.#block.subarray(0, this.#filled)])
    this.#blocks = []
    this.#block = nothing
    this.#filled = 0
    this.#size = 0
  }
}
