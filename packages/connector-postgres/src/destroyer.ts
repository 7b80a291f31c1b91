import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  fingerprintOfIdentity,
  type JsonObject,
  RestituteError,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { failure } from './errors.ts'
import { fingerprintOf, type Location, literal, locationOf, placeOf, quoted } from './location.ts'
import { expectOwnedAlone, textArray } from './owned.ts'
import { dropDatabase, maintenance } from './restore-target.ts'
import { Session } from './session.ts'
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

  constructor(
    location: Location,
    found: Pick<PostgresDestroyer, 'fingerprint' | 'server' | 'age' | 'onlyBelongings' | 'stand'>,
  ) {
    this.#location = location
    this.fingerprint = found.fingerprint
    this.server = found.server
    this.age = found.age
    this.onlyBelongings = found.onlyBelongings
    this.stand = found.stand
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    await using session = await maintenance(this.#location, signal)
    yield* await stepsOf(session, this.#location, signal)
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    await using session = await maintenance(this.#location, signal)
    for (const step of await stepsOf(session, this.#location, signal)) {
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
  const left = fingerprint === '' ? await stepsOf(session, location, signal) : []
  const server = await serverOf(session, signal)
  const { started, lsn, standby } = await momentOf(session, signal)
  const stand = { started, lsn, standby }
  return new PostgresDestroyer(location, {
    fingerprint,
    server,
    age: positionOf(lsn),
    onlyBelongings: left.length > 0,
    stand,
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

const actions = {
  prepared: 'roll back prepared transaction',
  subscription: 'drop subscription',
  slot: 'drop replication slot',
  database: 'drop database',
  role: 'drop role',
} as const

// The server drops no database that has one of these.
const keepingSql = `SELECT '${actions.prepared}', p.gid FROM pg_prepared_xacts p WHERE p.database = $1
  UNION ALL SELECT '${actions.subscription}', s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = $1 ORDER BY 1, 2`

/** What is still there to be destroyed, in order. Roles are asked after first, so that a refusal leaves everything. */
async function stepsOf(session: Session, location: Location, signal: AbortSignal): Promise<DestroyStep[]> {
  const { database, roles } = location
  await expectOwnedAlone(session, location, signal)
  const slots = await session.rows(
    signal,
    'SELECT slot_name FROM pg_replication_slots WHERE database = $1 ORDER BY 1',
    [database],
  )
  const sizes = await session.rows(
    signal,
    'SELECT pg_database_size(oid) FROM pg_database WHERE datname = $1',
    [database],
  )
  const known = await session.rows(
    signal,
    'SELECT rolname FROM pg_roles WHERE rolname = ANY ($1::text[]) ORDER BY 1',
    [textArray(roles)],
  )
  const keeping = await session.rows(signal, keepingSql, [database])
  return [
    ...keeping.map(([action, name]) => ({ action: action ?? '', object: name ?? '' })),
    ...slots.map(([name]) => ({ action: actions.slot, object: name ?? '' })),
    ...sizes.map(([bytes]) => ({ action: actions.database, object: database, count: Number(bytes) })),
    ...known.map(([name]) => ({ action: actions.role, object: name ?? '' })),
  ]
}

/** Each does nothing where there is nothing left. */
async function carryOut(
  session: Session,
  { action, object }: DestroyStep,
  location: Location,
  signal: AbortSignal,
): Promise<void> {
  if (action === actions.database) {
    await dropDatabase(session, location.database, signal)
  } else if (action === actions.role) {
    await session.script(signal, `DROP ROLE IF EXISTS ${quoted(object)}`)
  } else if (action === actions.prepared) {
    await within(location, `ROLLBACK PREPARED ${literal(object)}`, signal)
  } else if (action === actions.subscription) {
    // Without its slot, or the server would ask the other one to drop that.
    const name = quoted(object)
    const away = `ALTER SUBSCRIPTION ${name} DISABLE; ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`
    await within(location, `${away}; DROP SUBSCRIPTION ${name}`, signal)
  } else {
    const own = 'FROM pg_replication_slots WHERE slot_name = $1'
    await session.rows(
      signal,
      `SELECT pg_terminate_backend(active_pid, 5000) ${own} AND active_pid IS NOT NULL`,
      [object],
    )
    await session.rows(signal, `SELECT pg_drop_replication_slot(slot_name) ${own}`, [object])
  }
}

/** What only a session of the database itself may say. */
async function within(location: Location, statement: string, signal: AbortSignal): Promise<void> {
  await using session = await Session.open(location, signal, { write: true })
  await session.script(signal, statement)
}
