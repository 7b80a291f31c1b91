import { setTimeout as sleep } from 'node:timers/promises'
import { asRestituteError, RestituteError } from '@restitute/core'
import { failure } from './errors.ts'
import { Lease, lookMs } from './lease.ts'
import { type Location, placeOf } from './location.ts'
import { type Lockable, lockableTables, lockTables } from './lock-tables.ts'
import { Session } from './session.ts'
import type { HolderAnswer, HolderRequest } from './start-holder.ts'
import { holderName, type Moment, momentOf, readerName } from './view.ts'

/** A snapshot, and what it was taken of. */
type Frozen = Moment & { readonly snapshot: string }

/*
 * A process of its own that keeps one exported snapshot, so that a killed export finds its view again. It holds every
 * table against being dropped or emptied, as pg_dump does, and nothing else. It ends when its session is ended, when
 * the server goes away, or when nobody has read in the view for the length of the lease.
 */
const attempts = 5
const { signal } = new AbortController()

await hold(JSON.parse(await standardInput()) as HolderRequest).catch((error: unknown) => {
  const { code, message, hint } = asRestituteError(error)
  answer({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })
  process.exitCode = 1
})

async function hold({ location, id, alone }: HolderRequest): Promise<void> {
  await using session = await Session.open(location, signal, { name: holderName(id) })
  try {
    const { snapshot, content, started, lsn } = await freeze(session)
    answer({ token: { kind: 'held', id, snapshot, content, started }, lsn })
  } catch (error) {
    throw failure(`freeze ${placeOf(location)}`, error)
  }
  await keep(session, id, new Lease(alone))
}

/**
 * Every readable table locked (ACCESS SHARE), then a snapshot: what comes between a snapshot and its locks would be seen through it
 * (TRUNCATE, rewrites, another table under the same name). So each table that it shows must be among those that were locked before.
 */
async function freeze(session: Session): Promise<Frozen> {
  await session.script(signal, 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY')
  const held = new Set<string>()
  let wanted: readonly Lockable[] = await lockableTables(session, signal)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const late = wanted.filter((table) => !held.has(keyOf(table)))
    await lockTables(session, late, signal)
    for (const table of late) held.add(keyOf(table))
    const { lsn } = await momentOf(session, signal)
    const [[snapshot = ''] = []] = await session.rows(signal, 'SELECT pg_catalog.pg_export_snapshot()')
    const { tables, ...moment } = await seenThrough(session.location, snapshot ?? '')
    if (tables.every((table) => held.has(keyOf(table)))) return { ...moment, snapshot: snapshot ?? '', lsn }
    wanted = tables
  }
  throw new RestituteError(
    'source-unreachable',
    `freeze: tables were made or renamed in each of ${attempts} attempts`,
  )
}

function keyOf({ oid, name }: Lockable): string {
  return `${oid} ${name}`
}

/**
 * What a session sees that enters a snapshot. It locks all tables once more: pg_dump takes the same locks, beside those of the
 * holder, once everything is counted, and that the server has no room for them is to show now.
 */
async function seenThrough(
  location: Location,
  snapshot: string,
): Promise<Moment & { readonly tables: readonly Lockable[] }> {
  await using session = await Session.open(location, signal)
  await session.script(signal, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await session.script(signal, `SET TRANSACTION SNAPSHOT '${snapshot}'`)
  const tables = await lockableTables(session, signal)
  const moment = await momentOf(session, signal)
  await lockTables(session, tables, signal)
  return { ...moment, tables }
}

/** Until nobody needs it. Statistics of sessions are cached in a transaction: they are read anew each time. */
async function keep(session: Session, id: string, lease: Lease): Promise<void> {
  for (let used = false; !lease.hasEnded(used); ) {
    await sleep(lookMs)
    await session.script(signal, 'SELECT pg_catalog.pg_stat_clear_snapshot()')
    const [[readers] = []] = await session.rows(
      signal,
      'SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = $1',
      [readerName(id)],
    )
    used = readers !== '0'
  }
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
