import type { DatabaseSync } from 'node:sqlite'
import { isoTime, type SourceSpec, systemClock, type View } from '@restitute/core'
import type { OpenDatabase } from './items.ts'
import { fingerprintOf, pathOf, realFile, statusOfFile } from './location.ts'
import { type Address, addressOf, openForReading, tidyAfter } from './open.ts'
import { pragma, readSchema, type Schema } from './schema.ts'
import { UnsafeDefinition } from './sql-scan.ts'
import { firstLine, isSqliteError } from './sqlite-errors.ts'

/** What a file turned out to be when it was opened. */
export interface Frozen {
  readonly address: Address
  /** Size of the database file. */
  readonly bytes: bigint
  /** Nanoseconds. */
  readonly modified: bigint
  readonly view: View
  /** Removes what reading left beside the database; after its connection is closed. */
  readonly tidy: () => Promise<void>
  readonly content: OpenDatabase | { readonly damage: string }
}

/**
 * Opens the database of a source and holds one read transaction. A file that SQLite cannot read gives its damage,
 * no error. Throws `usage`, `source-unreachable`, `interrupted`.
 */
export async function freezeDatabase(source: SourceSpec, signal: AbortSignal): Promise<Frozen> {
  const file = await realFile(pathOf(source.url))
  await statusOfFile(file)
  const address = await addressOf(file, source.quiesced === true)
  const tidy = await tidyAfter(address)
  const content = await contentOf(address, signal)
  try {
    return { address, tidy, ...(await describe(content, source, file)) }
  } catch (error) {
    if ('db' in content) content.db.close()
    throw error
  }
}

/** The file's status is taken while the database is open, so that it is of this file. */
async function describe(
  content: Content,
  source: SourceSpec,
  file: string,
): Promise<Pick<Frozen, 'bytes' | 'modified' | 'view' | 'content'>> {
  const { size: bytes, mtimeNs: modified, ...rest } = await statusOfFile(file)
  const view = viewOf(content, source, fingerprintOf(file, rest), bytes)
  return {
    bytes,
    modified,
    view,
    content: 'damage' in content ? content : { ...content, stamp: { modified } },
  }
}

function viewOf(content: Content, source: SourceSpec, fingerprint: string, bytes: bigint): View {
  const takenAt = isoTime(systemClock.now())
  const consistency = 'damage' in content ? 'per-item' : 'snapshot'
  return {
    token: null,
    point: `${pointOf(content)}, ${bytes} bytes, ${takenAt}`,
    consistency: source.quiesced ? 'quiesced' : consistency,
    takenAt,
    fingerprint,
  }
}

type Content = Omit<OpenDatabase, 'stamp'> | { readonly damage: string }

async function contentOf(address: Address, signal: AbortSignal): Promise<Content> {
  try {
    const db = await openForReading(address, signal)
    try {
      return { db, schema: schemaOf(db, address) }
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    if (!isSqliteError(error) && !(error instanceof UnsafeDefinition)) throw error
    return { damage: firstLine(error.message) }
  }
}

/** Opened as immutable, SQLite does not say that a database is in WAL mode. */
function schemaOf(db: DatabaseSync, { immutable }: Address): Schema {
  const schema = readSchema(db)
  return immutable ? { ...schema, journalMode: 'wal' } : schema
}

function pointOf(content: Content): string {
  if ('damage' in content) return 'damaged file, read as bytes'
  const versions = `data version ${pragma(content.db, 'data_version')}, schema version ${pragma(content.db, 'schema_version')}`
  return `${journal(content.schema)}, ${versions}`
}

function journal(schema: Schema): string {
  return schema.journalMode === 'wal'
    ? 'journal mode wal'
    : 'journal mode rollback (writers wait while this view is held)'
}
