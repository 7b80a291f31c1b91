import type { Entry, Item, Loss } from '@restitute/core'
import { type Addition, objectLine, tagFile } from './object-lines.ts'

const mostItems = 500
const mostBytes = 16 * 1024 * 1024

/** Holds back entries that are in memory until the list that describes them is complete, and gives the list first. */
export class Batch {
  readonly #shard: string
  #lists = 0
  #lines: string[] = []
  #held: (Entry | Loss)[] = []
  #bytes = 0

  constructor(shard: string) {
    this.#shard = shard
  }

  /** An item and what is delivered of it. */
  *add(item: Item, addition: Addition, held: readonly (Entry | Loss)[]): Iterable<Entry | Loss> {
    this.#lines.push(objectLine(item, addition))
    this.#held.push(...held)
    this.#bytes += item.bytes
    if (this.#lines.length >= mostItems || this.#bytes >= mostBytes) yield* this.flush()
  }

  lose(item: Item, lost: string): Iterable<Entry | Loss> {
    return this.add(item, { lost }, [{ item: item.id, lost }])
  }

  /** What is held back, after its list. */
  *flush(): Iterable<Entry | Loss> {
    const [lines, held] = [this.#lines, this.#held]
    ;[this.#lines, this.#held, this.#bytes] = [[], [], 0]
    if (lines.length === 0) return
    yield tagFile(`objects-${this.#shard}-${String(++this.#lists).padStart(4, '0')}.jsonl`, lines.join(''))
    yield* held
  }
}
