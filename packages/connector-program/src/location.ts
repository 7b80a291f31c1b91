import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'

/** A program and what it is told of the system that it serves. */
export interface Location {
  readonly path: string
  /** Of the URL's query, in its order; a name comes once. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Reads `program:/absolute/path?name=value&…`; throws `usage`. */
export function locationOf(url: string): Location {
  const [, path = '', , query = ''] = /^program:([^?#]*)(\?([^#]*))?$/s.exec(url) ?? []
  const pairs = [...new URLSearchParams(query)]
  const parameters = Object.fromEntries(pairs)
  if (!isAbsolute(path) || path.includes('\0') || Object.keys(parameters).length !== pairs.length) {
    throw new RestituteError(
      'usage',
      `source url: expected program:/absolute/path?name=value, got ${url.split('?', 1)[0]}`,
    )
  }
  return { path: decodeURI(path), parameters }
}

/**
 * Throws `source-unreachable` unless the program is there and can be run, `usage` when others than its owner may change
 * it: it is given secrets, and what it says is signed.
 */
export async function expectProgram({ path }: Location): Promise<void> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o022) !== 0) {
      throw new RestituteError('usage', `program ${path}: expected one that its owner alone can change`, {
        hint: 'chmod go-w it',
      })
    }
    await access(path, constants.X_OK)
  } catch (error) {
    if (error instanceof RestituteError) throw error
    const reason = systemCode(error) ?? 'failed'
    throw new RestituteError('source-unreachable', `program ${path}: ${reason}`, { cause: error })
  }
}
