import { compareUtf8, type Item } from '@restitute/core'

/** The items of one key, oldest first: what is known of it and what is there now. */
export interface Group {
  readonly known: readonly Item[]
  readonly now: readonly Item[]
}

/** Two streams of items, both ascending by id, side by side, key by key. */
export async function* groups(known: AsyncIterable<Item>, now: AsyncIterable<Item>): AsyncIterable<Group> {
  await using left = new Cursor(known)
  await using right = new Cursor(now)
  for (;;) {
    const [a, b] = [await left.peek(), await right.peek()]
    if (a === undefined && b === undefined) return
    const order = a === undefined ? 1 : b === undefined ? -1 : compareUtf8(a, b)
    const name = order <= 0 ? a : b
    yield { known: order <= 0 ? await left.take(name) : [], now: order >= 0 ? await right.take(name) : [] }
  }
}

/** What the ids of the items of a key have in common: all up to the tab. */
export function groupOf(id: string): string {
  const at = id.lastIndexOf('\t')
  return at < 0 ? id : id.slice(0, at)
}

/** A stream that one can look into. */
class Cursor implements AsyncDisposable {
  readonly #iterator: AsyncIterator<Item>
  #head: IteratorResult<Item> | undefined

  constructor(source: AsyncIterable<Item>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** Name of the next group. */
  async peek(): Promise<string | undefined> {
    this.#head ??= await this.#iterator.next()
    return this.#head.done ? undefined : groupOf(this.#head.value.id)
  }

  /** The items of the group of this name, which is the next. */
  async take(name: string | undefined): Promise<Item[]> {
    const items: Item[] = []
    while ((await this.peek()) === name && this.#head && !this.#head.done) {
      items.push(this.#head.value)
      this.#head = undefined
    }
    return items
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#iterator.return?.()
  }
}
