const most = 32
const mostBytes = 64 * 1024 * 1024

/**
 * Uploads that run while the next ones are prepared: those of one key one after the other, for their order is the order of
 * the versions. The first failure is thrown by whatever is called next.
 */
export class InFlight {
  readonly #running = new Map<string, Promise<void>>()
  #count = 0
  #bytes = 0
  #failure: { readonly error: unknown } | undefined
  #woken: () => void = () => {}

  /** Takes an upload on as soon as there is room; it begins when those of its key before it have ended. */
  async begin(key: string, bytes: number, upload: () => Promise<void>): Promise<void> {
    while (this.#count > 0 && (this.#count >= most || this.#bytes + bytes > mostBytes)) await this.#next()
    this.#check()
    this.#count++
    this.#bytes += bytes
    const before = this.#running.get(key) ?? Promise.resolve()
    const done: Promise<void> = before
      .then(() => (this.#failure ? undefined : upload()))
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        if (this.#running.get(key) === done) this.#running.delete(key)
        this.#count--
        this.#bytes -= bytes
        this.#woken()
      })
    this.#running.set(key, done)
  }

  /** Waits for all that was begun. */
  async drain(): Promise<void> {
    await Promise.all(this.#running.values())
    this.#check()
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }

  async #next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#woken = resolve
    })
  }
}
