import { closeSync, fstatSync, readFileSync, readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

/** What those files of SQLite begin with that it locks: a database, and the shared memory of a write-ahead log. */
const beginnings: readonly Buffer[] = [Buffer.from('SQLite format 3\0'), Buffer.from('18e22d00', 'hex')]
const longestBeginning = 16
/** Both are a whole number of these. */
const pageBytes = 512

/** Open until this thread ends. */
const kept: FileHandle[] = []

/**
 * Closes a small file of so many bytes once it is read, unless this process has locks on it. To the system a lock belongs to a process, and
 * closing any descriptor of the file gives it up: where a database lies in the tree, SQLite in another thread
 * would lose the view that it holds of it, and not know.
 */
export function closeUnlessLocked(fd: number, bytes: number): void {
  if (bytes % pageBytes !== 0 || !isOfSqlite(fd) || !isLockedHere(fd)) closeSync(fd)
}

/** The same for a large file, at the end of a scope. */
export function closingUnlessLocked(handle: FileHandle): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      // Without a reference it would be closed as garbage.
      if (isLockedHere(handle.fd)) kept.push(handle)
      else await handle.close()
    },
  }
}

/** The list of all locks is long on a server: it is not read for every file. */
function isOfSqlite(fd: number): boolean {
  const start = Buffer.alloc(longestBeginning)
  try {
    readSync(fd, start, 0, longestBeginning, 0)
  } catch {
    // What came in the place of a file.
  }
  return beginnings.some((beginning) => start.subarray(0, beginning.length).equals(beginning))
}

function isLockedHere(fd: number): boolean {
  try {
    const lock = new RegExp(
      `: POSIX .* ${process.pid} [0-9a-f]+:[0-9a-f]+:${fstatSync(fd, { bigint: true }).ino} `,
    )
    return lock.test(readFileSync('/proc/locks', 'latin1'))
  } catch {
    // Not Linux.
    return false
  }
}
