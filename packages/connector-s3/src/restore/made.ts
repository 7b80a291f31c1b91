import { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from '@restitute/core'

/** A version that a restoration made. */
export interface Made {
  readonly key: string
  readonly version: string
  /** Lock and legal hold that it is to have. */
  readonly lock: JsonObject | undefined
  readonly hold: boolean
}

/**
 * The versions that a restoration made, so that it can take back exactly these: in a private temporary database, of which
 * SQLite keeps a small one in memory and a large one in a file without name.
 */
export class MadeVersions implements Disposable {
  readonly #database = new DatabaseSync('')

  constructor() {
    this.#database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE made (key TEXT NOT NULL, version TEXT NOT NULL, lock TEXT, hold INTEGER NOT NULL); BEGIN`)
  }

  add({ key, version, lock, hold }: Made): void {
    this.#database
      .prepare('INSERT INTO made VALUES (?, ?, ?, ?)')
      .run(key, version, lock === undefined ? null : JSON.stringify(lock), hold ? 1 : 0)
  }

  has(key: string, version: string): boolean {
    const select = this.#database.prepare('SELECT 1 FROM made WHERE key = ? AND version = ?')
    return select.get(key, version) !== undefined
  }

  get count(): number {
    return Number(this.#database.prepare('SELECT count(*) AS count FROM made').get()?.['count'])
  }

  /** All of them, or those with a lock or a hold, in the order of their making. */
  *all(which: 'all' | 'locked'): Iterable<Made> {
    const condition = which === 'all' ? '' : 'AND (lock IS NOT NULL OR hold = 1)'
    const select = this.#database.prepare(
      `SELECT rowid, * FROM made WHERE rowid > ? ${condition} ORDER BY rowid LIMIT 1000`,
    )
    for (let last = 0; ; ) {
      const rows = select.all(last)
      if (rows.length === 0) return
      for (const { key, version, lock, hold } of rows) {
        yield {
          key: String(key),
          version: String(version),
          lock: lock === null ? undefined : (JSON.parse(String(lock)) as JsonObject),
          hold: hold === 1,
        }
      }
      last = Number(rows.at(-1)?.['rowid'])
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
