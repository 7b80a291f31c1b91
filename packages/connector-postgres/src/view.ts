import { isoTime, RestituteError, type SourceSpec, systemClock, type View } from '@restitute/core'
import { failure } from './errors.ts'
import { fingerprintOf, type Location, locationOf, placeOf } from './location.ts'
import { Session } from './session.ts'
import { startHolder } from './start-holder.ts'

/** How others enter a view. */
export type ViewToken = HeldToken | PausedToken

/** A snapshot that a holder process keeps exported. */
export interface HeldToken {
  readonly kind: 'held'
  /** Of this view: sessions that use it are named after it. */
  readonly id: string
  /** For SET TRANSACTION SNAPSHOT. */
  readonly snapshot: string
  /** `pg_current_snapshot()`: proof that the snapshot entered is the one that was frozen. */
  readonly content: string
  /** Start of the server: names of snapshots are given anew after it. */
  readonly started: string
}

/** A standby whose replay is paused: whoever enters sees the same, as long as it is. */
export interface PausedToken {
  readonly kind: 'paused'
  readonly id: string
  readonly lsn: string
  readonly content: string
}

/** What a server says of itself in a transaction. */
export interface Moment {
  readonly system: string
  readonly oid: string
  readonly started: string
  readonly content: string
  readonly lsn: string
  readonly standby: boolean
  readonly paused: boolean
}

/** Where a server stands: which one it is since it was started, and up to where in the write-ahead log. */
export type Stand = Pick<Moment, 'started' | 'lsn' | 'standby'>

/** A place in the write-ahead log, in bytes since the cluster was made: it only grows. */
export function positionOf(lsn: string): number {
  const [high = '', low = ''] = lsn.split('/')
  return Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16)
}

/** Name of the sessions that read in a view. */
export function readerName(id: string): string {
  return `restitute ${id}`
}

/** Name of the session that holds one. */
export function holderName(id: string): string {
  return `restitute view ${id}`
}

/** Facts of the moment at which a transaction looks. */
export async function momentOf(session: Session, signal: AbortSignal): Promise<Moment> {
  const [row = []] = await session.rows(
    signal,
    `SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text,
       (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())::text,
       pg_catalog.pg_postmaster_start_time()::text, pg_catalog.pg_current_snapshot()::text,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
         ELSE pg_catalog.pg_current_wal_lsn() END::text,
       pg_catalog.pg_is_in_recovery()::text,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_get_wal_replay_pause_state() = 'paused' ELSE false END::text`,
  )
  const [system = '', oid = '', started = '', content = '', lsn = '', standby, paused] = row.map(
    (v) => v ?? '',
  )
  return { system, oid, started, content, lsn, standby: standby === 'true', paused: paused === 'true' }
}

/**
 * Freezes a view: on a standby whose replay is paused that point itself, else a snapshot kept by a process of its own,
 * which lasts until it is released or nobody has used it for the length of its {@link Lease}, short where it is for one caller `alone`.
 */
export async function freezeView(source: SourceSpec, signal: AbortSignal, alone: boolean): Promise<View> {
  const location = locationOf(source)
  await using session = await Session.open(location, signal)
  const moment = await momentOf(session, signal)
  const takenAt = isoTime(systemClock.now())
  const common = {
    consistency: 'snapshot',
    takenAt,
    fingerprint: fingerprintOf(moment.system, moment.oid),
  } as const
  const { started, standby } = moment
  if (moment.paused) {
    const { lsn, content } = moment
    const token: PausedToken = { kind: 'paused', id: newId(), lsn, content }
    const stand = { started, standby, lsn }
    return {
      ...common,
      token: { ...token, stand },
      point: `standby paused at LSN ${lsn}, snapshot ${content}`,
    }
  }
  const { token, lsn } = await startHolder({ location, id: newId(), alone }, signal)
  const where = standby ? 'standby, replay not paused, at LSN' : 'LSN'
  const stand = { started: token.started, standby, lsn }
  return { ...common, token: { ...token, stand }, point: `${where} ${lsn}, snapshot ${token.content}` }
}

/** Where its server stood when a view was taken. */
export function standOf(view: View): Stand {
  return (view.token as unknown as { readonly stand: Stand }).stand
}

/** A session whose one transaction sees the view; throws `source-view-lost` when that is gone. */
export async function enterView(location: Location, view: View, signal: AbortSignal): Promise<Session> {
  const token = view.token as unknown as ViewToken
  const session = await Session.open(location, signal, { name: readerName(token.id) })
  try {
    await session.script(signal, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    if (token.kind === 'held') await importSnapshot(session, token, signal)
    expectSame(location, view, token, await momentOf(session, signal))
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw failure(`join the view of ${placeOf(location)}`, error)
  }
}

async function importSnapshot(session: Session, token: HeldToken, signal: AbortSignal): Promise<void> {
  if (!/^[0-9A-F-]+$/.test(token.snapshot)) throw viewLost('its name is none')
  try {
    await session.script(signal, `SET TRANSACTION SNAPSHOT '${token.snapshot}'`)
  } catch (error) {
    if (signal.aborted || !session.alive) throw error
    throw viewLost('nobody holds its snapshot any more', error)
  }
}

function expectSame(location: Location, view: View, token: ViewToken, now: Moment): void {
  if (fingerprintOf(now.system, now.oid) !== view.fingerprint) throw viewLost('this is another database')
  if (now.content !== token.content) throw viewLost(`expected snapshot ${token.content}, got ${now.content}`)
  if (token.kind === 'held' && now.started !== token.started) throw viewLost('the server was started anew')
  if (token.kind === 'paused' && !(now.paused && now.lsn === token.lsn)) {
    throw viewLost(`${placeOf(location)} has gone on replaying, expected ${token.lsn}, got ${now.lsn}`)
  }
}

/** Ends the session that holds a view; by its name, so that any process of any machine can. */
export async function releaseView(source: SourceSpec, view: View, signal: AbortSignal): Promise<void> {
  const token = view.token as unknown as ViewToken
  if (token.kind === 'paused') return
  await using session = await Session.open(locationOf(source), signal)
  const held = `FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()`
  await session.rows(signal, `SELECT pg_catalog.pg_terminate_backend(pid, 5000) ${held}`, [
    holderName(token.id),
  ])
}

function viewLost(why: string, cause?: unknown): RestituteError {
  return new RestituteError('source-view-lost', `view: ${why}`, { cause })
}

function newId(): string {
  return crypto.randomUUID().slice(0, 8)
}
