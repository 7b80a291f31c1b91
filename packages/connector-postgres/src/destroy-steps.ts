import type { DestroyStep } from '@restitute/core'
import { type Location, literal, quoted } from './location.ts'
import { expectOwnedAlone, textArray } from './owned.ts'
import { dropDatabase } from './restore-target.ts'
import { Session } from './session.ts'

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
export async function stepsOf(
  session: Session,
  location: Location,
  signal: AbortSignal,
): Promise<DestroyStep[]> {
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

/** Does one of them; nothing where there is nothing left. */
export async function carryOut(
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
