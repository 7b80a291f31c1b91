import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  fingerprintOfIdentity,
  type JsonObject,
  RestituteError,
  type SourceSpec,
  throwIfInterrupted,
  writtenSince,
} from '@restitute/core'
import { carryOut, stepsOf } from './destroy-steps.ts'
import { failure } from './errors.ts'
import { fingerprintOf, type Location, locationOf, placeOf } from './location.ts'
import { preparedIn } from './prepared.ts'
import { leftAlone, maintenance } from './restore-target.ts'
import { rowsWritten } from './rows-written.ts'
import type { Session } from './session.ts'
import { momentOf, positionOf } from './view.ts'

/** What dropping a database is, and is not. */
export const dropMethod: DestructionMethod = {
  category: 'none',
  technique:
    'DROP DATABASE (FORCE), after its prepared transactions, subscriptions and replication slots; then the roles declared to belong to it alone',
  limits: [
    'The server removes the files of the database: their blocks on the storage device are not overwritten.',
    'The write-ahead log and its archive still hold what was written, until they are recycled or deleted.',
    'Base backups, dumps, snapshots, clones and standbys that do not follow this server are copies of their own, not reached.',
    'A logical subscriber elsewhere keeps what it has received.',
    'The replication slot that a subscription of the database has on another server stays there, and keeps its write-ahead log.',
    'The logs of the server (csvlog too) and pg_stat_statements may hold statements with values of the database: they are not reached.',
  ],
}

/**
 * Ends the sessions of one database and drops it, with what would keep the server from it (prepared transactions, subscriptions), the
 * replication slots that decode it and the roles that its URL declares (`roles=`). Refuses (`destroy-failed`) when another database has its name now, or one of these roles works in another
 * one through a group role.
 */
class PostgresDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly server: string
  readonly age: number
  readonly onlyBelongings: boolean
  readonly stand: JsonObject
  readonly method: DestructionMethod = dropMethod
  readonly #location: Location
  readonly #rows: string | undefined

  constructor(
    location: Location,
    found: Pick<PostgresDestroyer, 'fingerprint' | 'server' | 'age' | 'onlyBelongings' | 'stand'>,
    rows: string | undefined,
  ) {
    this.#location = location
    this.fingerprint = found.fingerprint
    this.server = found.server
    this.age = found.age
    this.onlyBelongings = found.onlyBelongings
    this.stand = found.stand
    this.#rows = rows
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    await using session = await maintenance(this.#location, signal)
    yield* await stepsOf(session, this.#location, signal)
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    await using session = await maintenance(this.#location, signal)
    const steps = await stepsOf(session, this.#location, signal)
    await this.#expectUnwritten(session, signal)
    for (const step of steps) {
      throwIfInterrupted(signal)
      try {
        await this.#expectSame(session, signal)
        await carryOut(session, step, this.#location, signal)
      } catch (error) {
        throwIfInterrupted(signal)
        throw failure(`${step.action} ${step.object}`, error, 'destroy-failed')
      }
      yield step
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** What was written since it was opened, nobody has compared with what was delivered. */
  async #expectUnwritten(session: Session, signal: AbortSignal): Promise<void> {
    if (this.#rows === undefined || (await fingerprintNow(session, this.#location, signal)) === '') return
    await this.#expectSame(session, signal)
    await leftAlone(session, this.#location.database, signal)
    if ((await rowsWritten(this.#location, signal)) === this.#rows) return
    throw writtenSince(`destroy ${placeOf(this.#location)}: somebody wrote to it`)
  }

  async #expectSame(session: Session, signal: AbortSignal): Promise<void> {
    const got = await fingerprintNow(session, this.#location, signal)
    if (got === '' || got === this.fingerprint) return
    throw new RestituteError(
      'destroy-failed',
      `destroy ${placeOf(this.#location)}: expected ${this.fingerprint || 'no database'}, got another database ${got}`,
      { hint: 'find out what happened to the database first' },
    )
  }
}

/** The destroyer of a database; where it is gone already its fingerprint is empty and nothing matches it. */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const location = locationOf(source)
  await using session = await maintenance(location, signal)
  const fingerprint = await fingerprintNow(session, location, signal)
  const rows = fingerprint === '' ? undefined : await rowsOf(location, signal)
  const left = fingerprint === '' ? await stepsOf(session, location, signal) : []
  const server = await serverOf(session, signal)
  const { started, lsn, standby } = await momentOf(session, signal)
  const stand = { started, lsn, standby, prepared: await preparedIn(session, location.database, signal) }
  const found = { fingerprint, server, age: positionOf(lsn), onlyBelongings: left.length > 0, stand }
  return new PostgresDestroyer(location, found, rows)
}

/** Undefined where nobody may enter the database: then nobody writes there, either. */
async function rowsOf(location: Location, signal: AbortSignal): Promise<string | undefined> {
  return rowsWritten(location, signal).catch((error: unknown) => {
    if (signal.aborted) throw error
    return undefined
  })
}

/** Identity of the cluster: that of all its databases, and of those that were. */
export async function serverOf(session: Session, signal: AbortSignal): Promise<string> {
  const [row] = await session.rows(signal, 'SELECT system_identifier FROM pg_control_system()')
  return fingerprintOfIdentity(`postgres server\n${row?.[0]}`)
}

/** Fingerprint of the database that has this name now; empty when there is none. */
export async function fingerprintNow(
  session: Session,
  { database }: Location,
  signal: AbortSignal,
): Promise<string> {
  const [row] = await session.rows(
    signal,
    'SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database WHERE datname = $1',
    [database],
  )
  return row ? fingerprintOf(row[0] ?? '', row[1] ?? '') : ''
}
