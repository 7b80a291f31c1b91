/** Milliseconds from one look at who uses a view to the next. */
export const lookMs: number = 10_000

const leaseMs = 24 * 3_600_000
// Whoever asked for it may have died before it could tell anybody.
const firstLeaseMs = 600_000
// No later run goes on in it: who was killed would leave the tables locked, and all who wait behind whoever alters one.
const aloneLeaseMs = 60_000

/** For how long a view is held that nobody uses. `alone`: whoever took it is the only one who ever will. */
export class Lease {
  readonly #full: number
  #lease = firstLeaseMs
  #unused = 0

  constructor(alone: boolean) {
    this.#full = alone ? aloneLeaseMs : leaseMs
  }

  /** Takes what the next look has found; answers whether it has run out. */
  hasEnded(used: boolean): boolean {
    if (used) this.#lease = this.#full
    this.#unused = used ? 0 : this.#unused + lookMs
    return this.#unused >= this.#lease
  }
}
