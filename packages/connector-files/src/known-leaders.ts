import type { Item, Pair } from '@restitute/core'
import { TempTable } from './temp-table.ts'

/**
 * The names of a file as they would lead each other if only the known ones were there: a name that was excluded, or
 * lost, from what is compared does not make the other names of its file differ.
 */
export class KnownLeaders implements Disposable {
  /** Unknown leader → the first known name of its file, empty until it comes. */
  readonly #heirs = new TempTable<string>()

  /** A pair with the leader that counts. Pairs ascending by id. */
  adopted(pair: Pair): Pair {
    const { known, now } = pair
    if (now === undefined) return pair
    if (known === undefined && now.leader === undefined && isShared(now)) this.#heirs.set(now.id, '')
    const heir = now.leader === undefined ? undefined : this.#heirs.get(now.leader)
    if (now.leader === undefined || heir === undefined) return pair
    if (heir === '' && known !== undefined) this.#heirs.set(now.leader, now.id)
    const { leader: _, ...alone } = now
    return { ...pair, now: heir === '' ? alone : { ...alone, leader: heir } }
  }

  [Symbol.dispose](): void {
    this.#heirs[Symbol.dispose]()
  }
}

/** Whether a file has more than one name. */
export function isShared({ attributes }: Item): boolean {
  return attributes?.['nlink'] !== undefined
}
