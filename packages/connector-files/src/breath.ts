import { setImmediate } from 'node:timers/promises'

const breathBytes = 4 * 1024 * 1024
/** What opening a file costs, in bytes read in the same time. */
const fileBytes = 64 * 1024

/** Lets the event loop run now and then, so that signals and heartbeats are answered between synchronous calls. */
export class Breath {
  #bytes = 0

  /** To be called for each file, with the bytes read; to be waited for where there is something to wait for. */
  after(bytes: number): Promise<void> | undefined {
    this.#bytes += fileBytes + bytes
    if (this.#bytes < breathBytes) return undefined
    this.#bytes = 0
    return setImmediate()
  }
}
