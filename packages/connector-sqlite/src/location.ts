import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isAbsolute, normalize } from 'node:path'
import { endOfLinks, fingerprintOfIdentity, RestituteError, systemCode } from '@restitute/core'

/** What SQLite puts beside a database file: write-ahead log, its shared memory, rollback journal. */
export const sideSuffixes: readonly string[] = ['-wal', '-shm', '-journal']

/** The file of `sqlite:/srv/ehr/records.db`, as written; throws `usage`. */
export function pathOf(url: string): string {
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : ''
  if (!isAbsolute(path) || path.includes('\0') || path.endsWith('/')) {
    throw new RestituteError('usage', `source url: expected sqlite:/absolute/path.db, got ${url}`)
  }
  return normalize(path)
}

/**
 * The file behind a path, symbolic links followed, there or not: SQLite names its journals after it. Throws
 * `source-unreachable` when its folder cannot be reached.
 */
export async function realFile(path: string): Promise<string> {
  try {
    return await endOfLinks(path)
  } catch (error) {
    throw unreachable(path, error)
  }
}

/** The file's status, or undefined when there is none; throws `source-unreachable`. */
export async function statusOf(file: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(file, { bigint: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw unreachable(file, error)
  }
}

/** The file's status; throws `source-unreachable` when there is none or when it is no regular file. */
export async function statusOfFile(file: string): Promise<BigIntStats> {
  const status = await statusOf(file)
  if (!status?.isFile()) {
    throw new RestituteError(
      'source-unreachable',
      `open ${file}: expected a file, got ${status ? 'another kind' : 'nothing'}`,
    )
  }
  return status
}

/**
 * Identity of a database file, short enough to be typed (R35): another file at the same path has another one. It outlives
 * a restart of the machine, which gives devices other numbers.
 */
export function fingerprintOf(
  file: string,
  { ino, birthtimeNs }: Pick<BigIntStats, 'ino' | 'birthtimeNs'>,
): string {
  return fingerprintOfIdentity(`sqlite\n${file}\n${ino}\n${birthtimeNs}`)
}

/** A file or folder that the system does not let us reach, as `source-unreachable`. */
export function unreachable(path: string, cause: unknown): RestituteError {
  return new RestituteError('source-unreachable', `open ${path}: ${systemCode(cause) ?? 'failed'}`, { cause })
}
