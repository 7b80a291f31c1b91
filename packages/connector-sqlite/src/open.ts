import { open } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { throwIfInterrupted } from '@restitute/core'
import { statusOf, unreachable } from './location.ts'
import { accessError, isSqliteError, primaryCode } from './sqlite-errors.ts'

const attempts = 100
const pauseMs = 100

/** A database file as it is opened for reading. */
export interface Address {
  readonly file: string
  /** Opened without locks or shared memory: only for a quiesced database in WAL mode whose log is empty. */
  readonly immutable: boolean
}

/** How a database is to be opened for reading. */
export async function addressOf(file: string, quiesced: boolean): Promise<Address> {
  const wal = quiesced && (await isWalFile(file))
  return { file, immutable: wal && ((await statusOf(`${file}-wal`))?.size ?? 0n) === 0n }
}

/** As `DatabaseSync` takes it. */
export function databaseUrl(address: Address): string {
  const url = pathToFileURL(address.file)
  if (address.immutable) url.search = '?immutable=1'
  return url.href
}

/**
 * Opens read-only and holds one read transaction. Waits up to 10 s for a writer. Throws `source-unreachable` when
 * access is refused, `interrupted`, and SQLite's own error when the file is damaged.
 */
export async function openForReading(address: Address, signal: AbortSignal): Promise<DatabaseSync> {
  for (let attempt = 1; ; attempt++) {
    throwIfInterrupted(signal)
    try {
      return begin(address)
    } catch (error) {
      const busy = isSqliteError(error) && primaryCode(error) === 5
      if (!busy || attempt === attempts) throw accessError(address.file, error) ?? error
    }
    await setTimeout(pauseMs)
  }
}

/**
 * What to do once a database has been read. In WAL mode, readers alone leave an empty `-wal` and a `-shm` file where
 * there was none: SQLite removes them when a connection that may write is closed as the last one.
 */
export async function tidyAfter(address: Address): Promise<() => Promise<void>> {
  const inUse = address.immutable || (await statusOf(`${address.file}-wal`)) !== undefined
  return async () => {
    if (!inUse && (await statusOf(`${address.file}-wal`))?.size === 0n) openAndClose(address.file)
  }
}

function openAndClose(file: string): void {
  try {
    using db = new DatabaseSync(file, { timeout: 0 })
    db.exec('SELECT count(*) FROM sqlite_master')
  } catch (error) {
    // Somebody else uses it now, or may write where this account may not: then the files are not ours to remove.
    if (!isSqliteError(error)) throw error
  }
}

function begin(address: Address): DatabaseSync {
  const db = new DatabaseSync(databaseUrl(address), { readOnly: true, readBigInts: true, returnArrays: true })
  try {
    db.exec('PRAGMA ignore_check_constraints=ON; BEGIN; SELECT count(*) FROM sqlite_master')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Bytes 18 and 19 of the header are the file format's versions; 2 is WAL. */
async function isWalFile(file: string): Promise<boolean> {
  try {
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(20), position: 0 })
    return bytesRead === 20 && buffer[18] === 2 && buffer[19] === 2
  } catch (error) {
    throw unreachable(file, error)
  }
}
