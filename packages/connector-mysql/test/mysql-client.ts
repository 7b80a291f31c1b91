import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mysqlCommand, mysqlRoot } from '../../../test/services/mysql.ts'

/** A path with MySQL's own client and without MariaDB's, until the scope ends. */
export function withoutMariadb(): Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'restitute-mysql-client-'))
  for (const name of ['sh', 'sed', 'ls', 'wc', 'cat']) symlinkSync(placeOf(name), join(folder, name))
  const command = mysqlCommand(join(mysqlRoot, 'usr/bin/mysql')).map((word) => `'${word}'`)
  writeFileSync(join(folder, 'mysql'), `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`)
  chmodSync(join(folder, 'mysql'), 0o755)
  const before = process.env['PATH']
  process.env['PATH'] = folder
  return {
    [Symbol.dispose]() {
      process.env['PATH'] = before
      rmSync(folder, { recursive: true })
    },
  }
}

function placeOf(program: string): string {
  return execFileSync('sh', ['-c', `command -v ${program}`])
    .toString()
    .trim()
}
