import type { JsonObject } from '@restitute/core'

const mostAtEachEnd = 500

/** The numbers that a system gave to the requests of a destruction, for the ledger: all, or the first and the last of very many. */
export class Requests {
  readonly #first: string[] = []
  #last: string[] = []
  #count = 0

  add(request: string): void {
    this.#count++
    if (this.#first.length < mostAtEachEnd) this.#first.push(request)
    else this.#last.push(request)
    if (this.#last.length > 2 * mostAtEachEnd) this.#last = this.#last.slice(-mostAtEachEnd)
  }

  /** Members of an event's body; none where the system gives no numbers. */
  body(): JsonObject {
    if (this.#count === 0) return {}
    const requests = [...this.#first, ...this.#last.slice(-mostAtEachEnd)]
    return { requests, ...(requests.length < this.#count && { requestCount: this.#count }) }
  }
}
