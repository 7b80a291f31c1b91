/**
 * Two pieces of memory, used by turns: what lies in one stays good while the other is filled, which is what `ahead` asks
 * of its source. None is made anew, since V8 is slow to collect what lies outside its heap; the second one only when
 * it is wanted.
 */
export class MemoryByTurns {
  #now: Buffer
  #other: Buffer | undefined

  constructor(bytes: number) {
    this.#now = Buffer.allocUnsafeSlow(bytes)
  }

  /** The one to be filled. */
  get now(): Buffer {
    return this.#now
  }

  /** The other one is to be filled from now on. */
  turn(): void {
    const full = this.#now
    this.#now = this.#other ?? Buffer.allocUnsafeSlow(full.length)
    this.#other = full
  }
}
