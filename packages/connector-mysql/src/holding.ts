import { RestituteError } from '@restitute/core'
import { beginTogether } from './begin.ts'
import { isFailure, isLost } from './errors.ts'
import { nameOf } from './location.ts'
import { isInView, readTables, type Table } from './schema.ts'
import { disposeAll, Session } from './session.ts'
import { quoteName } from './text.ts'

const attempts = 5

/** Sessions of one moment beside the first, and the tables of that moment, which nobody can alter while they last. */
export interface HeldMoment {
  readonly others: readonly Session[]
  readonly tables: readonly Table[]
}

/**
 * Begins the transaction of a session, with others ({@link beginTogether}), in a moment from which on all of them hold the definitions
 * of all tables. A table that is given another name, another partition or another column is read as it is by now, whatever the moment:
 * so another session holds the tables before it, until these do. Throws `source-unreachable`, `interrupted`.
 */
export async function beginHeld(session: Session, signal: AbortSignal): Promise<HeldMoment> {
  const { location } = session
  await using keeper = await Session.open(location, signal, location.database)
  const kept = new Set<string>()
  let wanted: readonly Table[] = await readTables(keeper, signal)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (kept.size === 0) await keeper.run('START TRANSACTION READ ONLY', signal)
    for (const table of wanted.filter(({ name }) => !kept.has(name))) {
      await hold(keeper, table, signal)
      kept.add(table.name)
    }
    const moment = await momentIn(session, signal)
    if (moment.held && moment.tables.every(({ name }) => kept.has(name))) return moment
    await disposeAll(moment.others)
    await session.run('ROLLBACK', signal)
    wanted = moment.tables
    // Somebody waits for the keeper, and the others behind him: he goes first.
    if (!moment.held) kept.clear()
  }
  throw new RestituteError(
    'source-unreachable',
    `read ${nameOf(location)}: tables were made, renamed or altered in each of ${attempts} attempts`,
    { hint: 'keep migrations out of it, and run it again' },
  )
}

async function momentIn(session: Session, signal: AbortSignal): Promise<HeldMoment & { held: boolean }> {
  const others = await beginTogether(session, signal)
  try {
    const tables = await readTables(session, signal)
    return { others, tables, held: await heldByAll([session, ...others], tables, signal) }
  } catch (error) {
    await disposeAll(others)
    throw error
  }
}

/**
 * Has sessions of one view hold the definitions of these tables. Answers whether all of them do: whoever alters one waits for the first
 * that holds it, and those that come later wait behind him, for a second here.
 */
export async function heldByAll(
  sessions: readonly Session[],
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<boolean> {
  const all = await Promise.all(sessions.map((session) => holdsAll(session, tables, signal)))
  return !all.includes(false)
}

async function holdsAll(session: Session, tables: readonly Table[], signal: AbortSignal): Promise<boolean> {
  const [[patience] = []] = await session.texts('SELECT @@lock_wait_timeout', signal)
  await session.run('SET lock_wait_timeout=1', signal)
  try {
    for (const table of tables) await hold(session, table, signal)
    return true
  } catch (error) {
    if (signal.aborted || isLost(error)) throw error
    return false
  } finally {
    if (!session.isLost) await session.run(`SET lock_wait_timeout=${Number(patience)}`)
  }
}

/** Of a table outside of every view, nothing is held: what changes meanwhile is found by its digest. What cannot be read, the inventory says of it. */
async function hold(session: Session, table: Table, signal: AbortSignal): Promise<void> {
  if (!isInView(table)) return
  try {
    await session.run(`SELECT 1 FROM ${quoteName(table.name)} LIMIT 0`, signal)
  } catch (error) {
    if (signal.aborted || isFailure(error)) throw error
  }
}
