import { open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
  writtenSince,
} from '@restitute/core'
import { isWrittenSince } from './late.ts'
import { fingerprintOf, pathOf, realFile, sideSuffixes, statusOf } from './location.ts'
import { isSqliteError } from './sqlite-errors.ts'

/** What deleting a database's files is, and is not. */
export const unlinkMethod: DestructionMethod = {
  category: 'none',
  technique: 'unlink',
  limits: [
    'Deletion of the names only: the blocks on the storage device are not overwritten.',
    'A process that still has the file open keeps its content until it closes it.',
    'Snapshots, copy-on-write clones and backups of the file system are not reached.',
  ],
}

/**
 * Deletes the side files, then the database itself, so that an interrupted run can still tell which database it
 * was; what the side files hold is put into the database before, so that it still is what was delivered. Refuses (`destroy-failed`) a file that has been replaced since, one with other names (hard links):
 * deleting one name would leave the content; and one that was written to since it was opened: whoever compared it with what was delivered may not have seen that.
 */
class SqliteDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly method: DestructionMethod = unlinkMethod
  #file: string
  /** Milliseconds since 1970; ours alone write once the destruction goes on. */
  readonly #opened = Date.now()
  #begun = false

  constructor(file: string, fingerprint: string) {
    this.#file = file
    this.fingerprint = fingerprint
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    for (const path of namesOf(this.#file)) {
      throwIfInterrupted(signal)
      const status = await statusOf(path)
      if (status) yield { action: 'unlink', object: path, count: Number(status.size) }
    }
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    // Listed before: SQLite may remove side files of its own accord.
    const steps = await Array.fromAsync(this.plan(signal))
    await this.#expectSame()
    await this.#expectUnwritten()
    if (await statusOf(this.#file)) settle(this.#file)
    for (const step of steps) {
      throwIfInterrupted(signal)
      await this.#expectSame()
      await remove(step.object)
      yield step
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #expectUnwritten(): Promise<void> {
    if (!this.#begun && (await isWrittenSince(this.#file, this.#opened)))
      throw writtenSince(`destroy ${this.#file}: somebody wrote to it`)
    this.#begun = true
  }

  async #expectSame(): Promise<void> {
    const status = await statusOf(this.#file)
    if (!status) return
    const got = fingerprintOf(this.#file, status)
    if (got !== this.fingerprint) {
      throw refused(
        `destroy ${this.#file}: expected ${this.fingerprint || 'no file'}, got another file ${got}`,
      )
    }
    if (status.nlink !== 1n) {
      throw refused(`destroy ${this.#file}: expected one name, got ${status.nlink} hard links`)
    }
  }
}

/** The destroyer of a database; where its file is gone already its fingerprint is empty and nothing matches it. */
export async function openDestroyer(source: SourceSpec): Promise<Destroyer> {
  const file = await realFile(pathOf(source.url))
  const status = await statusOf(file)
  return new SqliteDestroyer(file, status ? fingerprintOf(file, status) : '')
}

/** Has SQLite put into the database what only its side files hold, or take back what they say is half done. */
function settle(file: string): void {
  try {
    using db = new DatabaseSync(file, { timeout: 0 })
    db.exec('SELECT count(*) FROM sqlite_master; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // A damaged one, or one that somebody else uses, goes as it is.
    if (!isSqliteError(error)) throw error
  }
}

function namesOf(file: string): string[] {
  return [...sideSuffixes.map((suffix) => file + suffix), file]
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path)
    await using folder = await open(dirname(path), 'r')
    await folder.sync()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw new RestituteError('destroy-failed', `delete ${path}: ${systemCode(error) ?? 'failed'}`, {
      cause: error,
    })
  }
}

function refused(message: string): RestituteError {
  return new RestituteError('destroy-failed', message, { hint: 'find out what happened to the file first' })
}
