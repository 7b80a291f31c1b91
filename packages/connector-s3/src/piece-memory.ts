/** What a piece of a large object is at most (8 MiB). */
export const pieceBytes: number = 8 * 1024 * 1024
/** As many as one object needs: some in flight, one with the reader. */
const mostKept = 5

/**
 * Memory that pieces of large objects lie in, one object after the other in the same: V8 would collect all of its heap for
 * every few of them that are made anew.
 */
export class PieceMemory {
  readonly #spare: ArrayBuffer[] = []

  /** At least so many bytes, {@link pieceBytes} at most. */
  take(bytes: number): Buffer {
    const spare = bytes < pieceBytes ? undefined : this.#spare.pop()
    return spare ? Buffer.from(spare) : Buffer.allocUnsafeSlow(bytes)
  }

  /** Nobody may use any view of it afterwards. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer)) return
    if (buffer.byteLength === pieceBytes && this.#spare.length < mostKept) this.#spare.push(buffer)
    else buffer.transfer(0)
  }
}
