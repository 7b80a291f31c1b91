import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { RestituteError, throwIfInterrupted } from '@restitute/core'
import { hintOfDump } from './errors.ts'
import { type Location, placeOf } from './location.ts'
import { withoutUserMappings } from './scripts.ts'
import { connectionOptions, steady } from './settings.ts'

/** A pg_dump of this machine. */
export interface PgDump {
  readonly path: string
  /** Major version: it reads servers of this version and older ones. */
  readonly version: number
}

const debian = '/usr/lib/postgresql'
// Definitions only: 100 000 objects come to some 100 MB.
const mostBytes = 512 * 1024 * 1024

// As our own sessions: a way that is cut without a word is found out within half a minute, not after two hours.
const liveness = {
  connect_timeout: '8',
  ...{ keepalives_idle: '10', keepalives_interval: '1', keepalives_count: '10' },
}

let found: PgDump[] | undefined

/** Every pg_dump of this machine: the one on the path, and where Debian keeps its versions. Looked for once. */
export function pgDumps(): readonly PgDump[] {
  found ??= lookForDumps()
  return found
}

function lookForDumps(): PgDump[] {
  const paths = ['pg_dump', ...folders(debian).map((version) => `${debian}/${version}/bin/pg_dump`)]
  return paths.flatMap((path) => {
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
    const version = Number(/ (\d+)[.\w]*/.exec(stdout ?? '')?.[1])
    return Number.isInteger(version) ? [{ path, version }] : []
  })
}

/** The oldest one that reads a server of this version. */
export function fittingDump(version: number): PgDump | undefined {
  return pgDumps()
    .filter((one) => one.version >= version)
    .sort((a, b) => a.version - b.version)[0]
}

/**
 * One section of the definitions, as SQL for psql. The secret is in the environment of the child, where the system shows
 * it to this account and to root alone, never in its arguments. The same view gives the same bytes.
 */
export async function dumpSection(
  dump: PgDump,
  location: Location,
  o: {
    readonly section: 'pre-data' | 'post-data'
    readonly snapshot: string | undefined
    readonly name: string
    readonly encoding: string
  },
  signal: AbortSignal,
): Promise<Buffer> {
  throwIfInterrupted(signal)
  const args = [
    ...[`--section=${o.section}`, '--no-blobs', '--no-subscriptions', '--no-tablespaces', '--no-password'],
    // Where their provider is not loaded, one of them would end the whole script.
    '--no-security-labels',
    ...[
      `--encoding=${o.encoding}`,
      '--lock-wait-timeout=30000',
      `--dbname=${connectionString(location, o.name)}`,
    ],
    ...(o.snapshot === undefined ? [] : [`--snapshot=${o.snapshot}`]),
  ]
  const { secret } = location
  const child = spawn(dump.path, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', ...(secret === undefined ? {} : { PGPASSWORD: secret }) },
    signal,
  })
  child.on('error', () => {})
  const exited = once(child, 'close')
  exited.catch(() => {})
  const [output, complaint] = await Promise.all([
    collected(child.stdout, mostBytes),
    collected(child.stderr, 64 * 1024),
  ])
  const [status] = (await exited.catch(() => [null])) as [number | null]
  throwIfInterrupted(signal)
  if (status === 0) {
    const script = forAnyVersion(withoutUserMappings(output.toString('latin1')))
    return withStableKey(Buffer.from(script, 'latin1'))
  }
  const reason = lastLine(complaint)
  throw new RestituteError(
    'source-unreachable',
    `pg_dump ${placeOf(location)}: ${reason}`,
    hintOfDump(reason),
  )
}

/** A pg_dump from 17 on writes a setting, whatever the server's version is, that an older server does not know. */
function forAnyVersion(script: string): string {
  const known = "FROM pg_catalog.pg_settings s WHERE s.name = 'transaction_timeout'"
  return script.replace(
    /^SET transaction_timeout = 0;$/m,
    `SELECT pg_catalog.set_config(s.name, '0', false) ${known};`,
  )
}

/**
 * pg_dump guards its script against names that psql would take for commands by `\restrict <random key>`. The key becomes
 * a digest of the script: as hard to foresee for whoever chose the names, and the same each time.
 */
function withStableKey(script: Buffer): Buffer {
  const text = script.toString('latin1')
  const key = /^\\restrict (\w+)$/m.exec(text)?.[1]
  if (key === undefined) return script
  const body = text.replaceAll(key, '')
  const stable = createHash('sha256').update(body, 'latin1').digest('hex')
  return Buffer.from(
    text
      .replace(`\\restrict ${key}`, `\\restrict ${stable}`)
      .replace(`\\unrestrict ${key}`, `\\unrestrict ${stable}`),
    'latin1',
  )
}

function connectionString(location: Location, name: string): string {
  const { host, port, user, database, sslmode } = location
  const values = {
    host,
    port: String(port),
    user,
    dbname: database,
    sslmode,
    ...location.tlsPaths,
    ...liveness,
    application_name: name,
    options: connectionOptions(steady),
  }
  return Object.entries(values)
    .map(([key, value]) => `${key}='${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(' ')
}

async function collected(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of stream) {
      bytes += chunk.length
      if (bytes > most)
        throw new RestituteError('internal', `pg_dump: expected at most ${most} bytes of definitions`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof RestituteError) throw error
  }
  return Buffer.concat(chunks)
}

function lastLine(text: Buffer): string {
  return (
    text
      .toString()
      .trim()
      .split('\n')
      .findLast((line) => /error|fatal/i.test(line))
      ?.replace(/^pg_dump: /, '') ?? 'failed'
  )
}

function folders(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
