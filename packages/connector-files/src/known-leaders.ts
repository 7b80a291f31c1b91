import type { Item } from '@restitute/core'
import type { Pair } from './merge.ts'

/**
 * The names of a file as they would lead each other if only the known ones were there: a name that was excluded, or
 * lost, from what is compared does not make the other names of its file differ.
 */
export class KnownLeaders {
  /** Unknown leader → the first known name of its file, once it came. As long as the list of differences. */
  readonly #heirs = new Map<string, string | undefined>()

  /** A pair with the leader that counts. Pairs ascending by id. */
  adopted(pair: Pair): Pair {
    const { known, now } = pair
    if (now === undefined) return pair
    if (known === undefined && now.leader === undefined && isShared(now)) this.#heirs.set(now.id, undefined)
    if (now.leader === undefined || !this.#heirs.has(now.leader)) return pair
    const heir = this.#heirs.get(now.leader)
    if (heir === undefined && known !== undefined) this.#heirs.set(now.leader, now.id)
    const { leader: _, ...alone } = now
    return { ...pair, now: heir === undefined ? alone : { ...alone, leader: heir } }
  }
}

function isShared({ attributes }: Item): boolean {
  return attributes?.['nlink'] !== undefined
}
