import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Graph } from './graph.ts'

/**
 * What there was in some repositories when a destruction was begun. In a private temporary database, of which SQLite keeps a
 * small one in memory: it holds names and digests, no content.
 */
export class Stand implements Disposable {
  readonly #db = new DatabaseSync('')
  readonly #add: StatementSync
  readonly #find: StatementSync

  constructor() {
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE there (what TEXT PRIMARY KEY) WITHOUT ROWID`)
    this.#add = this.#db.prepare('INSERT OR IGNORE INTO there VALUES (?)')
    this.#find = this.#db.prepare('SELECT 1 FROM there WHERE what = ?')
  }

  /** Notes what there is in a repository. */
  note(repository: string, graph: Graph): void {
    for (const line of linesOf(repository, graph)) this.#add.run(line)
  }

  /** Whether there is nothing in a repository that was not noted; what is gone since is no matter. */
  knows(repository: string, graph: Graph): boolean {
    for (const line of linesOf(repository, graph)) if (this.#find.get(line) === undefined) return false
    return true
  }

  /** Whether a tag named this then. */
  knowsName(repository: string, tag: string, digest: string | null): boolean {
    return this.#find.get(nameLine(repository, tag, digest)) !== undefined
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close()
  }
}

/** A line for each name with what it names, and for each content. */
function* linesOf(repository: string, graph: Graph): Iterable<string> {
  for (const { ref, digest } of graph.roots()) if (ref !== null) yield nameLine(repository, ref, digest)
  for (const { digest } of graph.nodes()) yield JSON.stringify([repository, digest])
}

function nameLine(repository: string, tag: string, digest: string | null): string {
  return JSON.stringify([repository, tag, digest])
}
