import { RestituteError } from '@restitute/core'

/** What node:sqlite throws. */
export interface SqliteError extends Error {
  /** SQLite's extended result code. */
  readonly errcode: number
}

/** Whether it came from SQLite. */
export function isSqliteError(thrown: unknown): thrown is SqliteError {
  return thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number'
}

/** SQLite's primary result code. */
export function primaryCode(error: SqliteError): number {
  return error.errcode & 0xff
}

/** First line of a message, for reports. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.trim() ?? ''
}

/** Says how a source refuses to be read; undefined when the error is not about access, hence about the file itself. */
export function accessError(file: string, thrown: unknown): RestituteError | undefined {
  if (!isSqliteError(thrown)) return undefined
  const reason = accessReason(thrown)
  if (!reason) return undefined
  return new RestituteError('source-unreachable', `open ${file}: ${reason.what}`, {
    cause: thrown,
    hint: reason.hint,
    details: { sqliteCode: thrown.errcode },
  })
}

/** Result codes: 5 BUSY, 6 LOCKED, 3 PERM, 8 READONLY, 776 READONLY_ROLLBACK, 14 CANTOPEN, 23 AUTH. */
function accessReason(error: SqliteError): { what: string; hint: string } | undefined {
  const code = primaryCode(error)
  if (code === 5 || code === 6)
    return { what: 'locked by a writer', hint: 'try again when the writer is idle' }
  if (error.errcode === 776) {
    return {
      what: 'a journal of an interrupted writer must be rolled back first, which reading must not do',
      hint: 'let the application, or sqlite3 with write permission, open the database once',
    }
  }
  if (code === 8 || code === 14) {
    return {
      what: 'no permission for it, or for the -shm file of its write-ahead log',
      hint: 'let the reader write to the -shm file or to the folder, or stop the application and declare the source quiesced; what lies on a read-only file system with a -wal that is not empty is to be copied, with it, to another one',
    }
  }
  if (code === 3 || code === 23) return { what: 'no permission', hint: 'give the reading account access' }
  return undefined
}

/**
 * Whether SQLite misses what only the application brings: a function, a collation, a virtual table's module or its tokenizer.
 * Each module words it in its own way, but none of them says that the file is damaged.
 */
export function needsApplication(thrown: unknown): boolean {
  return isSqliteError(thrown) && primaryCode(thrown) === 1
}
