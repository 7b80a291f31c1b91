const samples = 10

/** Bytes per second over the last ten looks. */
export class SpeedMeter {
  readonly #seen: { readonly at: number; readonly bytes: number }[] = []

  /** Takes the bytes done so far and gives the speed; 0 at the first look. */
  at(bytes: number): number {
    const now = { at: performance.now(), bytes }
    this.#seen.push(now)
    if (this.#seen.length > samples) this.#seen.shift()
    const [first = now] = this.#seen
    const seconds = (now.at - first.at) / 1000
    return seconds > 0 ? Math.max(0, Math.round((bytes - first.bytes) / seconds)) : 0
  }
}
