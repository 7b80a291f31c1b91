import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extract } from '../../cli/src/commands/extract.ts'
import { list } from '../../cli/src/commands/list.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { mysqlConnector } from '../../packages/connector-mysql/src/index.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import type { SourceSpec } from '../../packages/core/src/index.ts'
import type { SqlServer } from '../services/mariadb.ts'
import { type Case, exportPackage, openCase, pin } from './case.ts'
import { sharedData } from './shared-data.ts'

/** A dump of the shared data. */
export interface Sample {
  /** The database that it makes. */
  readonly database: string
  readonly sql: () => Buffer
}

/** What became of one database. */
export interface Carried {
  readonly database: string
  /** `<item>: <reason>`, of what the package states as lost. */
  readonly losses: readonly string[]
  /** Why it did not come back equal by `restore --compare`; empty when it did. */
  readonly restored: string
  /** The same of its bag, loaded by the mariadb client alone. */
  readonly byHand: string
  /** Whether mariadb-dump says the same of the source and of what `restore` made. */
  readonly sameDump: boolean
}

/** mysql-samples and mariadb-torture, unpacked into memory when they are asked for. */
export function mysqlSamples(): Sample[] {
  const folder = mkdtempSync(join(tmpdir(), 'restitute-dumps-'))
  const archive = join(sharedData, 'mariadb-torture', 'dumps.tar.zst')
  try {
    execFileSync('tar', ['--zstd', '-xf', archive, '-C', folder])
    const torture = readdirSync(join(folder, 'dumps')).sort()
    const read = new Map(
      torture.map((file) => [
        file,
        execFileSync('cat', [join(folder, 'dumps', file)], { maxBuffer: 1 << 30 }),
      ]),
    )
    const sample = (name: string) => (): Buffer =>
      execFileSync('zstd', ['-dc', join(sharedData, 'mysql-samples', name)], { maxBuffer: 1 << 30 })
    return [
      { database: 'Chinook', sql: sample('chinook_mysql.sql.zst') },
      { database: 'sakila', sql: sample('sakila_mysql.sql.zst') },
      ...torture.map((file) => ({
        database: file.replace(/\.sql$/, ''),
        sql: () => read.get(file) ?? Buffer.alloc(0),
      })),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** All of them as sources of one contract: exported, verified, restored and compared, by `restore` and by hand. */
export async function carrySamples(
  samples: readonly Sample[],
  source: SqlServer,
  target: SqlServer,
): Promise<Carried[]> {
  for (const { sql } of samples) client(source, ['--force'], lenient(sql()))
  process.env['SAMPLES_SECRET'] = source.password
  await using c = await openCase({
    sources: async () =>
      samples.map(({ database }, i) => ({
        name: nameOf(i),
        url: urlOf(source, database),
        more: 'secret: "env:SAMPLES_SECRET"',
      })),
  })
  await pin(c)
  await exportPackage(c)
  const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
  const opened = { key: c.keyFile('client-1'), signers }
  const checked = await verify(client1(c), { path: packageOf(c), packages: [], ...opened })
  if (checked.exit !== 0) throw new Error(checked.lines.join('\n'))
  const losses = await lossesOf(c, opened)
  const to = join(c.client, 'bags')
  await extract(client1(c), { package: packageOf(c), to, sources: [], ...opened })
  const carried: Carried[] = []
  for (const [i, { database }] of samples.entries()) {
    carried.push({
      database,
      losses: losses.get(nameOf(i)) ?? [],
      restored: await restored(c, nameOf(i), urlOf(target, database), opened),
      byHand: await byHand(join(to, nameOf(i)), specOf(source, database), target),
      sameDump: dumpOf(source, database) === dumpOf(target, database),
    })
    await run(target, `DROP DATABASE IF EXISTS \`${database.replaceAll('`', '``')}\``)
  }
  return carried
}

const nameOf = (i: number): string => `sample-${String(i + 1).padStart(4, '0')}`
const packageOf = (c: Case): string => join(c.vault, 'R1-0001')
const client1 = (c: Case) => ({ ...c.session, dossierDir: c.client })
const urlOf = ({ host, port, user }: SqlServer, database: string): string =>
  `mysql://${user}@${host}:${port}/${encodeURIComponent(database)}`
const specOf = (server: SqlServer, database: string): SourceSpec => ({
  name: 'sample',
  url: urlOf(server, database),
  secret: server.password,
})

type Opened = Pick<Parameters<typeof restore>[1], 'key' | 'signers'>

async function lossesOf(c: Case, opened: Opened): Promise<Map<string, string[]>> {
  const { items } = await list(c.session, { package: packageOf(c), ...opened })
  const all = (await Array.fromAsync(items ?? [])).map(({ json }) => json as Record<string, string>)
  const lost = Map.groupBy(
    all.filter(({ state }) => state === 'lost'),
    ({ source }) => source ?? '',
  )
  return new Map(
    [...lost].map(([name, ones]) => [name, ones.map(({ item, reason }) => `${item}: ${reason}`)]),
  )
}

async function restored(c: Case, source: string, to: string, opened: Opened): Promise<string> {
  const { exit, lines } = await restore(client1(c), {
    packages: [packageOf(c)],
    ...opened,
    ...{ source, to, toSecret: 'env:SAMPLES_SECRET', compare: true },
  }).catch((error: Error) => ({ exit: 1, lines: [error.message] }))
  return exit === 0 || exit === 5 ? '' : lines.join('; ')
}

async function byHand(bag: string, source: SourceSpec, target: SqlServer): Promise<string> {
  const { signal } = new AbortController()
  try {
    await run(target, 'CREATE DATABASE byhand')
    writeFileSync(join(bag, 'my.cnf'), `[client]\n${loginLines(target).join('\n')}\n`)
    const args = ['data/native/load.sh', `--defaults-extra-file=${join(bag, 'my.cnf')}`, 'byhand']
    execFileSync('sh', args, { cwd: bag, stdio: ['ignore', 'ignore', 'pipe'] })
    await using exporter = await mysqlConnector.freeze(source, signal)
    const known = (await Array.fromAsync(exporter.inventory(signal))).filter(({ lost }) => lost === undefined)
    const found = mysqlConnector.compare(specOf(target, 'byhand'), streamOf(known), signal)
    return (await Array.fromAsync(found)).map(({ item, change }) => `${change} ${item}`).join('; ')
  } catch (error) {
    return error instanceof Error ? error.message : 'failed'
  } finally {
    await run(target, 'DROP DATABASE IF EXISTS byhand')
  }
}

/** mariadb-dump forgets that a default may be a day that does not exist. */
function lenient(dump: Buffer): Buffer {
  const text = dump
    .toString('latin1')
    .replaceAll("'NO_AUTO_VALUE_ON_ZERO'", "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
  return Buffer.from(text, 'latin1')
}

async function* streamOf<T>(values: Iterable<T>): AsyncIterable<T> {
  yield* values
}

function loginLines({ host, port, user, password }: SqlServer): string[] {
  return [`host=${host}`, `port=${port}`, `user=${user}`, `password=${password}`]
}

function login(server: SqlServer): string[] {
  return ['--no-defaults', ...loginLines(server).map((line) => `--${line}`)]
}

function client(server: SqlServer, args: readonly string[], input: Buffer): void {
  const options = ['--binary-mode', '--default-character-set=utf8mb4']
  execFileSync('mariadb', [...login(server), ...options, ...args], {
    input,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
}

function dumpOf(server: SqlServer, database: string): string {
  const options = ['--routines', '--triggers', '--events', '--hex-blob', '--skip-comments', '--force']
  // With --force it goes on after a view that does not work, and still fails at the end.
  return spawnSync('mariadb-dump', [...login(server), ...options, database], {
    maxBuffer: 1 << 30,
  }).stdout.toString('latin1')
}
