import { createHash } from 'node:crypto'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { findHomes, schema } from './graph-schema.ts'
import { isManifestType } from './media-types.ts'
import type { LostName, Root, Unreached } from './store.ts'

/** Something that is reached by its digest. */
export interface Node {
  readonly digest: string
  readonly kind: 'manifest' | 'index' | 'blob'
  readonly bytes: number
  readonly media: string
  /**
   * A repository of the source that has it: one that names it, since an index may list what its own repository lacks; of
   * several the first by name.
   */
  readonly repository: string
  /** Manifests on the way to it. */
  readonly depth: number
  readonly lost: string | null
}

/** A root as the graph keeps it. */
export interface RootRow {
  readonly repository: string
  readonly ref: string | null
  readonly digest: string | null
  readonly lost: string | null
  /** Of its manifest, once that is read. */
  readonly media: string | null
  readonly bytes: number | null
  readonly nodeLost: string | null
}

/** A manifest in one of the repositories that have it. */
export interface Home {
  readonly digest: string
  readonly repository: string
  readonly depth: number
}

/**
 * What a source consists of: its roots and all that they reach, each once. In a private temporary database, of which
 * SQLite keeps a small one in memory and a large one in a file without name. It holds names and digests, no content.
 */
export class Graph implements Disposable {
  readonly #db = new DatabaseSync('')
  readonly #statements = new Map<string, StatementSync>()

  constructor() {
    this.#db.exec(schema)
  }

  /**
   * Adds a root; one whose name another one has already, without a name: layouts may name two images alike (`docker save`
   * gives every `latest` of its repositories that one name), and both are there.
   */
  addRoot(root: Root | LostName): void {
    const isAdded = this.#insertRoot(root)
    if (isAdded || 'lost' in root || root.ref === undefined) return
    const { ref: _, ...unnamed } = root
    this.#insertRoot(unnamed)
  }

  #insertRoot(root: Root | LostName): boolean {
    const row =
      'lost' in root
        ? ['', root.ref, null, root.lost, 'manifest', '', 0]
        : [
            root.repository,
            root.ref ?? null,
            root.digest,
            null,
            kindOf(root),
            root.media ?? '',
            root.bytes ?? 0,
          ]
    return this.#run('INSERT OR IGNORE INTO roots VALUES (?, ?, ?, ?, ?, ?, ?)', ...row) > 0
  }

  /** One digest over all names and what they name: equal exactly when the maps are. */
  rootsDigest(): string {
    const hash = createHash('sha256')
    for (const { repository, ref, digest, lost } of this.roots()) {
      if (ref !== null) hash.update(`${JSON.stringify([repository, ref, digest, lost])}\n`)
    }
    return hash.digest('hex')
  }

  /** Number of names. */
  get names(): number {
    return Number(this.#get('SELECT count(ref) AS n FROM roots')?.['n'])
  }

  /** All roots, those with names first, in the order of the names' bytes. */
  roots(): Iterable<RootRow> {
    return this.#all(`SELECT r.repository, r.ref, r.digest, r.lost, n.media, n.bytes, n.lost AS nodeLost
      FROM roots r LEFT JOIN nodes n ON n.digest = r.digest
      ORDER BY r.ref IS NULL, r.ref, r.repository, r.digest`)
  }

  /** Puts every root's manifest on the list of what is to be read. */
  seed(): void {
    this.#run(`INSERT OR IGNORE INTO nodes SELECT digest, kind, max(bytes), min(media), min(repository), 0, NULL,
      min(kind = 'blob') FROM roots WHERE digest IS NOT NULL GROUP BY digest`)
  }

  /** Adds what is reached, or, when it is there already, notes that it is reached so, too. */
  add(node: Node): void {
    const { digest, kind, bytes, media, repository, depth, lost } = node
    const todo = kind === 'blob' ? 1 : 0
    this.#run(
      `INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        done = CASE WHEN kind = 'blob' THEN excluded.done ELSE done END,
        kind = CASE WHEN kind = 'blob' THEN excluded.kind ELSE kind END,
        media = CASE WHEN kind = 'blob' THEN min(media, excluded.media) ELSE media END,
        bytes = CASE WHEN kind = 'blob' THEN max(bytes, excluded.bytes) ELSE bytes END,
        repository = CASE WHEN depth = 0 THEN repository ELSE min(repository, excluded.repository) END,
        depth = min(depth, excluded.depth)`,
      ...[digest, kind, bytes, media, repository, depth, lost, todo],
    )
  }

  /** Notes that an index lists a manifest. */
  link(index: string, manifest: string): void {
    this.#run('INSERT OR IGNORE INTO edges VALUES (?, ?)', index, manifest)
  }

  /** Notes that a manifest is about another one, or has a name that says so. */
  addSubject(digest: string, subject: string): void {
    this.#run('INSERT OR IGNORE INTO subjects VALUES (?, ?)', digest, subject)
  }

  /** What a manifest is about and nothing is known to lead to in the same repository. */
  subjectsBeyond({ digest, repository }: Home): string[] {
    return [
      ...this.#all<{ subject: string }>(
        `SELECT subject FROM subjects WHERE digest = ? AND NOT EXISTS
          (SELECT 1 FROM homes WHERE homes.digest = subject AND homes.repository = ?)`,
        ...[digest, repository],
      ),
    ].map(({ subject }) => subject)
  }

  /**
   * Some manifests in repositories that nobody has asked yet what refers to them there; none when all were asked. A
   * repository knows only its own: the same image may be signed in one and not in another.
   */
  unasked(most: number): Home[] {
    const left = this.#toAsk(most)
    if (left.length > 0) return left
    this.#run(findHomes)
    return this.#toAsk(most)
  }

  #toAsk(most: number): Home[] {
    return [
      ...this.#all<Home>(`SELECT digest, homes.repository AS repository, depth FROM homes JOIN nodes USING (digest)
        WHERE asked = 0 ORDER BY digest LIMIT ${most}`),
    ]
  }

  /** Notes that a repository was asked what refers to a manifest. */
  settleHome({ digest, repository }: Home): void {
    this.#run('UPDATE homes SET asked = 1 WHERE digest = ? AND repository = ?', digest, repository)
  }

  /** Adds what lies in the place whether anything refers to it or not. */
  addUnreached(found: Unreached): void {
    if ('lost' in found) {
      this.#run('INSERT OR REPLACE INTO others VALUES (?, ?)', found.name, found.lost)
      return
    }
    const { digest, bytes } = found
    this.#run(`INSERT OR IGNORE INTO nodes VALUES (?, 'blob', ?, '', '', 0, NULL, 1)`, digest, bytes)
  }

  /** Files that are no content, by name. */
  others(): Iterable<{ readonly name: string; readonly lost: string }> {
    return this.#all('SELECT * FROM others ORDER BY name')
  }

  /** Whether there is nothing at all. */
  get isEmpty(): boolean {
    return (
      this.#get(`SELECT 1 WHERE EXISTS (SELECT 1 FROM roots) OR EXISTS (SELECT 1 FROM nodes)
      OR EXISTS (SELECT 1 FROM others)`) === undefined
    )
  }

  /** Some manifests that are still to be read; none when all are. */
  pending(most: number): Node[] {
    return [
      ...this.#all(`SELECT * FROM nodes WHERE done = 0 ORDER BY digest LIMIT ${most}`),
    ] as unknown as Node[]
  }

  /** What a manifest turned out to be. */
  settle(digest: string, found: Pick<Node, 'kind' | 'bytes' | 'media' | 'lost'>): void {
    const { kind, bytes, media, lost } = found
    this.#run(
      'UPDATE nodes SET done = 1, kind = ?, bytes = ?, media = ?, lost = ? WHERE digest = ?',
      ...[kind, bytes, media, lost, digest],
    )
  }

  /** Everything reached, in the order of the digests. */
  nodes(): Iterable<Node> {
    return this.#all('SELECT * FROM nodes ORDER BY digest') as unknown as Iterable<Node>
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, known)
    return known
  }

  /** Gives how many rows it changed. */
  #run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#prepared(sql).run(...values).changes)
  }

  #get(sql: string, ...values: string[]): Record<string, unknown> | undefined {
    return this.#prepared(sql).get(...values)
  }

  /** A statement of its own: two readers may be under way at once. */
  #all<Row = RootRow>(sql: string, ...values: string[]): Iterable<Row> {
    return this.#db.prepare(sql).iterate(...values) as Iterable<unknown> as Iterable<Row>
  }
}

function kindOf({ media }: Root): Node['kind'] {
  return media === undefined || isManifestType(media) ? 'manifest' : 'blob'
}
