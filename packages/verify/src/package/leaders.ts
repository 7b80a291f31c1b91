import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { IndexItem } from '@restitute/manifest'

type Lead = Pick<IndexItem, 'kind' | 'bytes' | 'digest'>

/**
 * The first names of files with several ones, to be found by the others, which come later: does not grow in memory. In a
 * private temporary database, made when the first one comes.
 */
export class Leaders implements Disposable {
  #db: DatabaseSync | undefined
  #add: StatementSync | undefined
  #find: StatementSync | undefined

  add({ item, kind, bytes, digest }: IndexItem): void {
    if (this.#db === undefined) this.#open()
    this.#add?.run(item, kind, bytes, digest ?? null)
  }

  /** Whether an item can be a further name of its leader: that came before, and is the same file. */
  lead({ leader = '', kind, bytes, digest }: Lead & Pick<IndexItem, 'leader'>): boolean {
    const first = this.#find?.get(leader)
    if (first === undefined) return false
    return first['kind'] === kind && first['bytes'] === bytes && first['digest'] === (digest ?? null)
  }

  [Symbol.dispose](): void {
    this.#db?.close()
  }

  #open(): void {
    this.#db = new DatabaseSync('')
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE leader (item TEXT PRIMARY KEY, kind TEXT, bytes INTEGER, digest TEXT) WITHOUT ROWID`)
    this.#add = this.#db.prepare('INSERT OR REPLACE INTO leader VALUES (?, ?, ?, ?)')
    this.#find = this.#db.prepare('SELECT kind, bytes, digest FROM leader WHERE item = ?')
  }
}
