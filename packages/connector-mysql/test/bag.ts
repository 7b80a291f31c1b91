import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Difference } from '@restitute/core'
import type { SqlServer } from '../../../test/services/mariadb.ts'
import { mysqlConnector } from '../src/index.ts'
import { type Carried, knownOf, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

/** A bag on disk, in a temporary folder, as `open.sh` leaves it. */
export interface Bag extends AsyncDisposable {
  readonly folder: string
  /** A later package over it. */
  add(carried: Carried): Promise<void>
  /** Runs its load.sh against a server. */
  load(server: SqlServer, database: string, ...first: readonly string[]): void
}

/** Writes the entries of a source to disk. */
export async function bagOf(carried: Carried): Promise<Bag> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-bag-'))
  await written(carried, folder)
  const login = join(folder, 'my.cnf')
  return {
    folder,
    add: (later) => written(later, folder),
    load({ port, user, password }, database, ...first) {
      const text = `[client]\nhost=127.0.0.1\nport=${port}\nuser=${user}\npassword=${password}\n`
      const args = ['data/native/load.sh', ...first, `--defaults-extra-file=${login}`, database]
      execFileSync('sh', ['-c', `cat > ${login}`], { input: text })
      execFileSync('sh', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

/** Rebuilds a database by the mariadb client alone, as its bag says; the differences of the copy. Items that were lost are left out. */
export async function rebuiltByClient(
  carried: Carried,
  target: SqlServer,
  database: string,
  ...first: readonly string[]
): Promise<Difference[]> {
  await using bag = await bagOf(carried)
  await run(target, `CREATE DATABASE \`${database}\``)
  bag.load(target, database, ...first)
  const { signal } = new AbortController()
  const spec = specOf(target, database)
  return await Array.fromAsync(mysqlConnector.compare(spec, streamOf(knownOf(carried)), signal))
}

async function written({ entries }: Carried, folder: string): Promise<void> {
  for (const entry of entries) {
    const path = join(folder, entry.path)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, Buffer.concat(await Array.fromAsync(entry.content())))
  }
}
