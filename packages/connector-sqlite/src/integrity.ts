import { execFile } from 'node:child_process'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { throwIfInterrupted } from '@restitute/core'
import { type Address, databaseUrl } from './open.ts'
import { rows } from './schema.ts'
import { firstLine, isSqliteError, needsApplication, primaryCode } from './sqlite-errors.ts'

// Above, the check would block this thread for more than a second.
const largestHere = 64n * 1024n * 1024n

// What a module finds in the index that it keeps in tables of its own, once all pages and all other tables are in order.
const ofAnIndex = /^((malformed|unable to validate the) inverted index for FTS\d table|fts\d:|In RTree) /

/**
 * First problem that `PRAGMA integrity_check` finds, if any. CHECK constraints are the application's affair, and
 * what it alone can evaluate is left unchecked. So is whether a full-text or spatial index still fits what it was made of:
 * it comes back as it is. Throws `interrupted`.
 */
export async function integrityProblem(
  db: DatabaseSync,
  address: Address,
  bytes: bigint,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const lines = bytes > largestHere ? await checkElsewhere(address, signal) : undefined
    return verdict(lines ?? rows(db, 'PRAGMA integrity_check(1)').map((row) => String(row[0])))
  } catch (error) {
    throwIfInterrupted(signal)
    if (needsApplication(error)) return undefined
    if (isSqliteError(error)) return firstLine(error.message)
    throw error
  }
}

function verdict(lines: readonly string[]): string | undefined {
  // The report begins with `*** in database main ***`.
  const text = lines.join('\n').replace(/^\*\*\* in database \w+ \*\*\*\n/, '')
  return text === 'ok' || ofAnIndex.test(text) ? undefined : firstLine(text)
}

const program = `
const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync(process.argv[1], { readOnly: true, timeout: 1000 })
try {
  db.exec('PRAGMA ignore_check_constraints=ON')
  const found = db.prepare('PRAGMA integrity_check(1)').all()
  console.log(JSON.stringify({ lines: found.map((row) => row.integrity_check) }))
} catch (error) {
  console.log(JSON.stringify({ message: error.message, errcode: error.errcode }))
}`

/**
 * node:sqlite cannot interrupt a statement, but a process can be ended. Undefined when a waiting writer keeps the
 * other process out. Both see the same pages, or newer ones from the write-ahead log.
 */
async function checkElsewhere(address: Address, signal: AbortSignal): Promise<string[] | undefined> {
  const child = await promisify(execFile)(process.execPath, ['-e', program, databaseUrl(address)], { signal })
  const found = JSON.parse(child.stdout) as { lines?: string[]; message?: string; errcode?: number }
  if (found.lines) return found.lines
  const error = Object.assign(new Error(found.message), { errcode: found.errcode ?? 1 })
  if (primaryCode(error) === 5) return undefined
  throw error
}
