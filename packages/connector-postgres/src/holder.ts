import { setTimeout as sleep } from 'node:timers/promises'
import { asRestituteError, RestituteError } from '@restitute/core'
import { failure } from './errors.ts'
import { type Location, placeOf, quoted } from './location.ts'
import { Session } from './session.ts'
import type { HolderAnswer, HolderRequest } from './start-holder.ts'
import { holderName, momentOf, readerName } from './view.ts'

/*
 * A process of its own that keeps one exported snapshot, so that a killed export finds its view again. It holds every
 * table against being dropped or emptied, as pg_dump does, and nothing else. It ends when its session is ended, when
 * the server goes away, or when nobody has read in the view for the length of the lease.
 */
const leaseMs = 24 * 3_600_000
// Whoever asked for it may have died before it could tell anybody.
const firstLeaseMs = 600_000
const lookMs = 10_000
const attempts = 5
const { signal } = new AbortController()
const lockable = `SELECT n.nspname, c.relname, pg_catalog.pg_relation_filenode(c.oid) AS now_at, c.relfilenode AS was_at
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')`

await hold(JSON.parse(await standardInput()) as HolderRequest).catch((error: unknown) => {
  const { code, message, hint } = asRestituteError(error)
  answer({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })
  process.exitCode = 1
})

async function hold({ location, id }: HolderRequest): Promise<void> {
  await using session = await Session.open(location, signal, { name: holderName(id) })
  try {
    const locks = await freeze(session)
    await tryOnceMore(location, locks)
    const [[snapshot] = []] = await session.rows(signal, 'SELECT pg_catalog.pg_export_snapshot()')
    const { content, started, lsn } = await momentOf(session, signal)
    answer({ token: { kind: 'held', id, snapshot: snapshot ?? '', content, started }, lsn })
  } catch (error) {
    throw failure(`freeze ${placeOf(location)}`, error)
  }
  await keep(session, id)
}

/**
 * A snapshot, and every readable table locked (ACCESS SHARE) that it knows. TRUNCATE and rewrites that come between
 * the two would be seen through any snapshot: the storage of each table must still be the one that it knows.
 */
async function freeze(session: Session): Promise<readonly string[]> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    await session.script(signal, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const locks = await locksFor(session)
    for (const lock of locks) await session.script(signal, lock)
    const [[rewritten] = []] = await session.rows(
      signal,
      `SELECT count(*) FROM (${lockable}) t WHERE now_at <> was_at`,
    )
    if (rewritten === '0') return locks
    await session.script(signal, 'ROLLBACK')
  }
  throw new RestituteError(
    'source-unreachable',
    `freeze: tables were rewritten in each of ${attempts} attempts`,
  )
}

/** Statements that lock every table that can be read. */
async function locksFor(session: Session): Promise<string[]> {
  const tables = (await session.rows(signal, lockable)).map(([schema, name]) => [schema ?? '', name ?? ''])
  return inGroups(tables.map((names) => names.map(quoted).join('.'))).map(
    (names) => `LOCK TABLE ONLY ${names.join(', ONLY ')} IN ACCESS SHARE MODE`,
  )
}

/** pg_dump takes the same locks, beside these, once everything is counted: that the server has no room for them is to show now. */
async function tryOnceMore(location: Location, locks: readonly string[]): Promise<void> {
  await using session = await Session.open(location, signal)
  await session.script(signal, `BEGIN READ ONLY;\n${locks.join(';\n')};\nROLLBACK`)
}

/** Until nobody needs it. Statistics of sessions are cached in a transaction: they are read anew each time. */
async function keep(session: Session, id: string): Promise<void> {
  let lease = firstLeaseMs
  for (let unused = 0; unused < lease; unused += lookMs) {
    await sleep(lookMs)
    await session.script(signal, 'SELECT pg_catalog.pg_stat_clear_snapshot()')
    const [[readers] = []] = await session.rows(
      signal,
      'SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = $1',
      [readerName(id)],
    )
    if (readers === '0') continue
    lease = leaseMs
    unused = 0
  }
}

function inGroups<T>(all: readonly T[], size = 500): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The one line that is awaited; whoever asked may be gone. */
function answer(message: HolderAnswer): void {
  process.stdout.on('error', () => {})
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
