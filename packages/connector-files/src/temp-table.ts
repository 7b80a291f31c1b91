import { DatabaseSync, type StatementSync } from 'node:sqlite'

/**
 * A map of any size from text to JSON values, made when the first value comes: in a private temporary database, of
 * which SQLite keeps a small one in memory and a large one in a file without name.
 */
export class TempTable<Value> implements Disposable {
  #database: DatabaseSync | undefined
  #find: StatementSync | undefined
  #put: StatementSync | undefined
  #forget: StatementSync | undefined

  get(key: string): Value | undefined {
    const row = this.#find?.get(key)
    return row && (JSON.parse(String(row['value'])) as Value)
  }

  set(key: string, value: Value): void {
    if (this.#database === undefined) this.#open()
    this.#put?.run(key, JSON.stringify(value))
  }

  delete(key: string): void {
    this.#forget?.run(key)
  }

  #open(): void {
    const database = new DatabaseSync('')
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID`)
    this.#find = database.prepare('SELECT value FROM entries WHERE key = ?')
    this.#put = database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?)')
    this.#forget = database.prepare('DELETE FROM entries WHERE key = ?')
    this.#database = database
  }

  [Symbol.dispose](): void {
    this.#database?.close()
  }
}
