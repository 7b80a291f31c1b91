// Types of messages: https://www.postgresql.org/docs/current/protocol-message-formats.html
const copyData = 0x64
const besideCopyData = Buffer.from('HNSA')
const headerBytes = 5
const blockBytes = 256 * 1024
const nothing = Buffer.alloc(0)

/** Rows that go into one file. */
export interface Part {
  readonly size: number
  /** What has come of it and nobody has taken yet, in order. */
  readonly blocks: Buffer[]
  /** Whether no more of it comes. */
  whole: boolean
}

/**
 * Takes the rows out of the messages of `COPY … TO STDOUT`, in parts that end with the first row that reaches
 * `partBytes`. The server sends each row as one message (protocol, "COPY operations"), so no byte of a row is looked at,
 * and the size of a row is known before it comes: one that is longer than `partBytes` is a part of its own, and given before
 * it is whole, so that nobody has to hold it.
 */
export class CopyMessages {
  readonly #partBytes: number
  readonly #spare: Buffer[]
  /** Of a header that has not come whole. */
  #held: Buffer = nothing
  /** Bytes of the message in hand that have yet to come. */
  #left = 0
  #isRow = false
  #isDropped = false
  /** The row in hand, where it is a part of its own. */
  #long: Part | undefined
  #blocks: Buffer[] = []
  #block: Buffer = nothing
  #filled = 0
  #size = 0
  #parts: Part[] = []

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
      if (this.#left === 0 && this.#isRow) this.#endRow()
    }
    return undefined
  }

  /** The parts that are whole by now, and the one that a long row is; each given once. */
  parts(): Part[] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  /** Nobody needs these blocks any more: their memory is filled anew, since V8 is slow to collect what lies outside its heap. */
  release(blocks: readonly Buffer[]): void {
    for (const block of blocks) this.#spare.push(Buffer.from(block.buffer))
  }

  /** Bytes of a long row that wait to be taken. */
  get waiting(): number {
    return (this.#long?.blocks.length ?? 0) * blockBytes
  }

  /** Nobody wants what still comes. */
  drop(): void {
    this.#isDropped = true
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
    if (this.#isRow && this.#left > this.#partBytes) this.#beginLong()
    return true
  }

  #beginLong(): void {
    if (this.#size > 0) this.#cut()
    this.#long = { size: this.#left, blocks: [], whole: false }
    this.#parts.push(this.#long)
  }

  #endRow(): void {
    if (this.#long) {
      this.#long.blocks.push(this.#block.subarray(0, this.#filled))
      this.#long.whole = true
      this.#reset()
    } else if (this.#size >= this.#partBytes) this.#cut()
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#isDropped) return
    for (let at = from; at < to; ) {
      if (this.#filled === this.#block.length) this.#nextBlock()
      const copied = bytes.copy(this.#block, this.#filled, at, to)
      this.#filled += copied
      this.#size += copied
      at += copied
    }
  }

  #nextBlock(): void {
    if (this.#filled > 0) (this.#long?.blocks ?? this.#blocks).push(this.#block)
    this.#block = this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
    this.#filled = 0
  }

  #cut(): void {
    const blocks = [...this.#blocks, this.#block.subarray(0, this.#filled)]
    this.#parts.push({ size: this.#size, blocks, whole: true })
    this.#reset()
  }

  #reset(): void {
    this.#long = undefined
    this.#blocks = []
    this.#block = nothing
    this.#filled = 0
    this.#size = 0
  }
}
