import { TempTable } from './temp-table.ts'

/** A file that has more than one name, as one of them showed it. */
export interface Inode {
  /** Device and number. */
  readonly key: string
  /** How many names it has, in the tree and outside. */
  readonly names: number
  readonly mark: string
}

/** What is remembered of a file: its first name, its mark there, and how many names may still come. */
interface First {
  readonly id: string
  readonly mark: string
  readonly left: number
}

/** Finds the names of one file in a walk. Only files with several names are remembered, until all have come. */
export class HardLinks implements Disposable {
  readonly #files = new TempTable<First>()

  /**
   * The first name of the file that `id` is a name of; nothing for the first one itself, and for one whose file
   * changed since its first name was looked at: it then leads those that follow.
   */
  leaderOf({ key, names, mark }: Inode, id: string): string | undefined {
    const first = this.#files.get(key)
    const known = first?.mark === mark ? first : undefined
    const left = (known?.left ?? names) - 1
    if (left > 0) this.#files.set(key, { id: known?.id ?? id, mark, left })
    else this.#files.delete(key)
    return known?.id
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]()
  }
}
