import { DatabaseSync } from 'node:sqlite'
import { type Package, readIndex } from '@restitute/archive'
import { compareUtf8, RestituteError } from '@restitute/core'
import type { IndexHeader, IndexLine, IndexRecord } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { seriesSchema } from './series-schema.ts'
import { checkAllNamed, seriesWriter } from './series-writer.ts'

/** The packages of a delivery, decrypted and merged: newest state of every item and where its content lies. */
export interface Series extends AsyncDisposable {
  readonly packages: readonly Package[]
  readonly sources: readonly string[]
  /** False when the first package continues one that was not given: fit for listing, not for restoring. */
  readonly complete: boolean
  /** For this package only. */
  readonly db: DatabaseSync
}

const linesPerTransaction = 10_000

/**
 * Reads the indexes of these packages (oldest first) into a private temporary database that vanishes on disposal.
 * Trust is not judged here: verify the packages first.
 * Errors: `invalid` when a package does not continue the one before it, its items do not follow from those before, or an index
 * is not what its manifest says, `key-wrong`, `hostile-input`, `interrupted`.
 */
export async function openSeries(
  packages: readonly Package[],
  opener: { readonly privateKeys: readonly PrivateKey[] },
  signal: AbortSignal,
): Promise<Series> {
  checkChain(packages)
  // Without a name SQLite keeps it in a file of its own that no other process can open.
  const db = new DatabaseSync('')
  try {
    db.exec(`PRAGMA journal_mode = OFF; ${seriesSchema}`)
    for (const [number, one] of packages.entries()) {
      for (const record of one.manifest.indexes) await load(db, number, one, record, opener, signal)
      for (const { source } of one.manifest.indexes) checkAllNamed(db, number, source)
    }
  } catch (error) {
    db.close()
    throw error
  }
  return {
    packages,
    sources: sourcesOf(packages),
    complete: packages[0]?.manifest.base === undefined,
    db,
    [Symbol.asyncDispose]: async () => db.close(),
  }
}

function checkChain(packages: readonly Package[]): void {
  for (const [number, { manifest }] of packages.entries()) {
    const before = packages[number - 1]
    if (!before || manifest.base?.manifestSha256 === before.sha256) continue
    throw new RestituteError(
      'invalid',
      `series: expected ${manifest.package} to continue ${before.manifest.package} (${before.sha256}), got ${manifest.base?.manifestSha256 ?? 'a package that continues none'}`,
      { hint: 'give all packages of one delivery, the oldest first' },
    )
  }
}

async function load(
  db: DatabaseSync,
  number: number,
  { destination }: Package,
  record: IndexRecord,
  opener: { readonly privateKeys: readonly PrivateKey[] },
  signal: AbortSignal,
): Promise<void> {
  const write = seriesWriter(db, number, record.source)
  let lines = 0
  db.exec('BEGIN')
  for await (const line of readIndex({ destination, record, opener, signal })) {
    if (isHeader(line)) addSalt(db, number, record, line)
    else write(line)
    if (++lines % linesPerTransaction === 0) db.exec('COMMIT; BEGIN')
  }
  db.exec('COMMIT')
}

function isHeader(line: IndexHeader | IndexLine): line is IndexHeader {
  return 'schema' in line
}

function addSalt(db: DatabaseSync, number: number, record: IndexRecord, { salt }: IndexHeader): void {
  db.prepare('INSERT INTO salts VALUES (?, ?, ?, ?)').run(number, record.source, record.name, salt)
}

function sourcesOf(packages: readonly Package[]): string[] {
  const names = packages.flatMap(({ manifest }) => manifest.indexes.map(({ source }) => source))
  return [...new Set(names)].sort(compareUtf8)
}
