import {
  fingerprintOfIdentity,
  isoTime,
  RestituteError,
  type SourceSpec,
  systemClock,
  type View,
} from '@restitute/core'
import { accountObjects, isAccountId } from './account-objects.ts'
import type { DefinedObject } from './defined-object.ts'
import { failed, isFailure, reasonOf } from './errors.ts'
import { hiddenFrom } from './hidden.ts'
import { beginHeld } from './holding.ts'
import { type Location, locationOf, nameOf } from './location.ts'
import { lostTogether } from './lost-together.ts'
import { withoutCharset, withoutTablespace } from './made.ts'
import { readObjects } from './objects.ts'
import { type Table, tableId } from './schema.ts'
import { nameOfServer, serverOf } from './server.ts'
import { disposeAll, Session } from './session.ts'
import { lossOfTable } from './table-entries.ts'
import { quoteName, quoteText, unqualified } from './text.ts'
import { uncarriedOf } from './uncarried.ts'

/** A table and its definition as the server writes it; `lost` when it cannot be read. */
export interface DefinedTable extends Table {
  readonly sql: string
  /** What of `sql` must be equal in a restored copy. */
  readonly meaning: string
  readonly lost?: string
}

/** A database inside one transaction. */
export interface Frozen {
  readonly session: Session
  /** In the same moment, for what is read of all tables; ended when that is done. */
  readonly others: readonly Session[]
  readonly view: View
  readonly tables: readonly DefinedTable[]
  readonly objects: readonly DefinedObject[]
}

/**
 * Takes the view: one transaction that reads one moment, begun before the definitions are read. The tables are held
 * against being altered or renamed, so that old rows never meet new definitions; no rows are: writers go on.
 * Throws `source-unreachable`, `interrupted`.
 */
export async function freezeDatabase(
  source: SourceSpec,
  signal: AbortSignal,
  withAccounts: boolean,
): Promise<Frozen> {
  const location = locationOf(source)
  const session = await Session.open(location, signal)
  let others: readonly Session[] = []
  try {
    const fingerprint = await fingerprintOf(session, signal)
    if (fingerprint === undefined) throw missing(location)
    await session.run(`USE ${quoteName(location.database)}`, signal)
    const moment = await beginHeld(session, signal)
    others = moment.others
    const point = (await pointOf(session, signal)) + sessionsIn(others)
    const consistency = source.quiesced ? 'quiesced' : 'snapshot'
    const { server } = await serverOf(session, signal)
    const view: View = { token: server, point, consistency, takenAt: isoTime(systemClock.now()), fingerprint }
    const tables = await defined(session, moment.tables, signal)
    const unmade = tables.filter((table) => lossOfTable(table) !== undefined).map(tableId)
    const objects = await objectsOf(session, unmade, withAccounts, signal)
    const uncarried = await uncarriedOf(session, tables, signal)
    const hidden = await hiddenFrom(session, signal)
    return { session, others, view, tables, objects: [...objects, ...uncarried, ...hidden] }
  } catch (error) {
    await disposeAll([session, ...others])
    throw failed('source-unreachable', `read ${nameOf(location)}`, error)
  }
}

/**
 * MySQL lets nobody define anew, until the transaction ends, what it has looked at, and everybody who uses that waits behind him: it is
 * looked at outside. No transaction holds a definition but that of a table.
 */
async function objectsOf(
  session: Session,
  unmade: readonly string[],
  withAccounts: boolean,
  signal: AbortSignal,
): Promise<DefinedObject[]> {
  const read = async (by: Session): Promise<DefinedObject[]> =>
    without(by, await readObjects(by, signal), unmade, withAccounts, signal)
  if (session.mariadb) return read(session)
  await using outside = await Session.open(session.location, signal, session.location.database)
  return await read(outside)
}

/** What is defined where these tables are not made: what needs them is lost, rights on it are left out. */
export async function without(
  session: Session,
  defined: readonly DefinedObject[],
  unmade: Iterable<string>,
  withAccounts: boolean,
  signal: AbortSignal,
): Promise<DefinedObject[]> {
  const own = defined.filter(({ id }) => !isAccountId(id))
  const objects = lostTogether(own, unmade)
  const gone = new Set([...unmade, ...objects.filter(({ lost }) => lost !== undefined).map(({ id }) => id)])
  return [...objects, ...(withAccounts ? await accountObjects(session, gone, signal) : [])]
}

/**
 * Identity of a database, short enough to be typed (R35), of what the server says of itself and of the database's
 * name; undefined when there is no such database, or none that this account may see.
 */
export async function fingerprintOf(session: Session, signal: AbortSignal): Promise<string | undefined> {
  const { database } = session.location
  const [row] = await session.texts(
    `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(database)}`,
    signal,
  )
  if (row === undefined) return undefined
  // As the server writes it: with lower_case_table_names it is one database, however it is asked for.
  return fingerprintOfIdentity(`mysql\n${await nameOfServer(session, signal)}\n${row[0]}`)
}

/** By how many sessions the view was taken, and how they came to share it. */
function sessionsIn(others: readonly Session[]): string {
  return others.length === 0 ? '' : `, in ${others.length + 1} sessions (BACKUP STAGE BLOCK_COMMIT)`
}

/** Where in the binary log the moment lies, and when it was. */
async function pointOf(session: Session, signal: AbortSignal): Promise<string> {
  const [[now = ''] = []] = await session.texts('SELECT UTC_TIMESTAMP(6)', signal)
  const position = session.mariadb
    ? await mariadbPosition(session, signal)
    : await mysqlPosition(session, signal)
  return position === undefined ? `${now} UTC, no binary log` : `${position}, ${now} UTC`
}

/** MariaDB tells the position of the snapshot itself. */
async function mariadbPosition(session: Session, signal: AbortSignal): Promise<string | undefined> {
  const status = new Map(
    (await session.texts("SHOW STATUS LIKE 'binlog_snapshot_%'", signal)).map(([name, value]) => [
      name?.toLowerCase(),
      value,
    ]),
  )
  const [file, position] = [status.get('binlog_snapshot_file'), status.get('binlog_snapshot_position')]
  if (!file) return undefined
  const asked = `SELECT BINLOG_GTID_POS(${quoteText(file)}, ${Number(position)})`
  const [[gtid = ''] = []] = await session.texts(asked, signal).catch(() => [])
  return `binary log ${file} position ${position}${gtid ? `, GTID ${gtid}` : ''}`
}

/** MySQL tells what has been executed by now: the moment lies at most a little before it. */
async function mysqlPosition(session: Session, signal: AbortSignal): Promise<string | undefined> {
  const [[gtid = ''] = []] = await session.texts('SELECT @@GLOBAL.gtid_executed', signal).catch(() => [])
  return gtid ? `not after GTID ${gtid.replaceAll('\n', '')}` : undefined
}

async function defined(
  session: Session,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<DefinedTable[]> {
  const all: DefinedTable[] = []
  for (const table of tables) {
    try {
      const [[, sql = ''] = []] = await session.texts(`SHOW CREATE TABLE ${quoteName(table.name)}`, signal)
      const shown = unqualified(sql, session.location.database)
      const own = session.mariadb ? shown : withoutTablespace(shown)
      all.push({ ...table, sql: own, meaning: session.mariadb ? own : withoutCharset(own) })
    } catch (error) {
      if (isFailure(error) || signal.aborted) throw error
      all.push({ ...table, sql: '', meaning: '', lost: `its definition cannot be read: ${reasonOf(error)}` })
    }
  }
  return all
}

function missing(location: Location): RestituteError {
  return new RestituteError(
    'source-unreachable',
    `read ${nameOf(location)}: no such database, or no right to see it`,
    {
      hint: 'check the name, and grant SELECT on it',
    },
  )
}
