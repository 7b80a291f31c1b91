import { type Prober, type Sighting, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { fingerprintNow, serverOf } from './destroyer.ts'
import { reasonOf } from './errors.ts'
import { fingerprintOf, inDatabase, type Location, locationOf, placeOf } from './location.ts'
import { Session } from './session.ts'
import { momentOf, positionOf } from './view.ts'

const limits = [
  'Only the catalogue of this server was asked: not base backups, dumps, archived write-ahead log, snapshots or clones.',
  'A standby or a logical subscriber that no longer follows this server cannot be seen from here.',
  'What the storage device still holds of files that were removed cannot be seen.',
  'The logs of the server and pg_stat_statements, which may hold statements with values, were not looked at.',
]

/** Asks the catalogue of the cluster, from beside the database, with a role that may do nothing else. */
class PostgresProber implements Prober {
  readonly #location: Location

  constructor(location: Location) {
    this.#location = location
  }

  async look(signal: AbortSignal): Promise<Sighting> {
    throwIfInterrupted(signal)
    const identity = `role ${this.#location.user}`
    try {
      await using session = await openBeside(this.#location, signal)
      const { looked, present } = await findings(session, this.#location, signal)
      const fingerprint = await fingerprintNow(session, this.#location, signal)
      const state = present ? 'present' : 'absent'
      const server = await serverOf(session, signal)
      const age = positionOf((await momentOf(session, signal)).lsn)
      const others = await othersOn(session, this.#location, signal)
      return { state, server, age, others, identity, looked, limits, ...(fingerprint ? { fingerprint } : {}) }
    } catch (error) {
      throwIfInterrupted(signal)
      const looked = [`connect beside ${placeOf(this.#location)}: ${reasonOf(error)}`]
      return { state: 'could-not-check', identity, looked, limits }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A prober for the database of a source. */
export function openProber(source: SourceSpec): Prober {
  return new PostgresProber(locationOf(source))
}

function openBeside(location: Location, signal: AbortSignal): Promise<Session> {
  const beside = location.database === location.maintenance ? 'template1' : location.maintenance
  return Session.open(inDatabase(location, beside), signal)
}

/** Fingerprints of the other databases: one that was given another name keeps its own. */
async function othersOn(session: Session, { database }: Location, signal: AbortSignal): Promise<string[]> {
  const others =
    'SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database WHERE datname <> $1'
  const rows = await session.rows(signal, others, [database])
  return rows.map(([system, oid]) => fingerprintOf(system ?? '', oid ?? ''))
}

const questions = {
  pg_database: 'SELECT datname FROM pg_database WHERE datname = $1',
  pg_replication_slots: 'SELECT slot_name FROM pg_replication_slots WHERE database = $1',
  pg_stat_activity: 'SELECT pid::text FROM pg_stat_activity WHERE datname = $1',
}

/** Anything left counts as present: the database itself, a slot that decodes it, a role that was to go with it. */
async function findings(
  session: Session,
  { database, roles }: Location,
  signal: AbortSignal,
): Promise<{ looked: string[]; present: boolean }> {
  const looked: string[] = []
  let present = false
  const ask = async (place: string, object: string, sql: string): Promise<void> => {
    const found = await session.rows(signal, sql, [object])
    looked.push(`${place} ${object}: ${found.length > 0 ? `${found.length} present` : 'absent'}`)
    present ||= found.length > 0
  }
  for (const [catalog, sql] of Object.entries(questions)) await ask(catalog, database, sql)
  for (const role of roles) await ask('pg_roles', role, 'SELECT rolname FROM pg_roles WHERE rolname = $1')
  return { looked, present }
}
