import { DatabaseSync, type StatementSync } from 'node:sqlite'

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

/**
 * Finds the names of one file in a walk. Only files with several names are remembered, until all have come, in a
 * private temporary database: SQLite keeps a small one in memory and a large one in a file without name.
 */
export class HardLinks implements Disposable {
  #database: DatabaseSync | undefined
  #find: StatementSync | undefined
  #put: StatementSync | undefined
  #forget: StatementSync | undefined

  /**
   * The first name of the file that `id` is a name of; nothing for the first one itself, and for one whose file
   * changed since its first name was looked at: it then leads those that follow.
   */
  leaderOf({ key, names, mark }: Inode, id: string): string | undefined {
    this.#open()
    const first = this.#find?.get(key) as First | undefined
    const known = first?.mark === mark ? first : undefined
    const left = known === undefined ? names - 1 : known.left - 1
    if (left > 0) this.#put?.run(key, known?.id ?? id, mark, left)
    else this.#forget?.run(key)
    return known?.id
  }

  #open(): void {
    if (this.#database !== undefined) return
    const database = new DatabaseSync('')
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE files (key TEXT PRIMARY KEY, id TEXT, mark TEXT, "left" INTEGER) WITHOUT ROWID`)
    this.#find = database.prepare('SELECT id, mark, "left" FROM files WHERE key = ?')
    this.#put = database.prepare('INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)')
    this.#forget = database.prepare('DELETE FROM files WHERE key = ?')
    this.#database = database
  }

  [Symbol.dispose](): void {
    this.#database?.close()
  }
}
