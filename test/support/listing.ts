import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A tree as GNU find sees it, sorted: path, type, mode, owner, size, modification time, link target, then every
 * file's SHA-256. Sizes of directories depend on the file system and are left out.
 */
export async function listing(root: string): Promise<string> {
  const script = `find . -mindepth 1 \\( -type d -printf '%P %y %m %U %G - %T@ %l\\0' -o -printf '%P %y %m %U %G %s %T@ %l\\0' \\) | LC_ALL=C sort -z | tr '\\0' '\\n'
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum`
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, maxBuffer: 1 << 28 })
  return stdout
}
