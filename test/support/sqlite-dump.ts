import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A database as the sqlite3 shell dumps it, with the settings that `.dump` leaves out. */
export async function dump(path: string): Promise<string> {
  const sql = [
    '.dump',
    'pragma user_version',
    'pragma application_id',
    'pragma encoding',
    'pragma page_size',
    'pragma auto_vacuum',
  ]
  const { stdout } = await run('sqlite3', ['-readonly', path, ...sql], {
    maxBuffer: 1 << 28,
    encoding: 'buffer',
  })
  return stdout.toString('latin1')
}
