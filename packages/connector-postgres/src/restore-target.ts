import { buildingMark, isLeftBehind, RestituteError } from '@restitute/core'
import { databaseVariable } from './database.ts'
import { failure, isServerError } from './errors.ts'
import { inDatabase, type Location, placeOf, quoted } from './location.ts'
import { Session } from './session.ts'

const calm = new AbortController().signal
const prefix = 'restitute_'

/**
 * The place where a database is rebuilt: under another name, beside the one that it takes at the end. Roles that were
 * created for it go with it when it is given up.
 */
export class RestoreTarget {
  readonly #target: Location
  readonly building: Location
  readonly #rolesMade: string[] = []
  #last: Buffer = Buffer.alloc(0)
  #promoted = false

  private constructor(target: Location, mark: string) {
    this.#target = target
    this.building = inDatabase(target, prefix + mark)
  }

  /** Throws `target-not-empty`, `source-unreachable`. */
  static async open(target: Location, signal: AbortSignal): Promise<RestoreTarget> {
    await using session = await maintenance(target, signal)
    const [row] = await session.rows(signal, 'SELECT 1 FROM pg_database WHERE datname = $1', [
      target.database,
    ])
    if (row) await expectEmpty(target, signal)
    await dropLeft(session, signal)
    return new RestoreTarget(target, await buildingMark())
  }

  /** Runs a script of what belongs to the whole cluster, for this database. */
  async inCluster(script: Buffer, signal: AbortSignal): Promise<void> {
    await using session = await maintenance(this.#target, signal)
    const before = new Set(await rolesOf(session, signal))
    await session.script(signal, this.#scriptFor(session, script))
    this.#rolesMade.push(...(await rolesOf(session, signal)).filter((role) => !before.has(role)))
  }

  /** Keeps what is to be run last, and tries it: what the server refuses of it shows before hours of loading. */
  async keepLast(script: Buffer, signal: AbortSignal): Promise<void> {
    await using session = await maintenance(this.#target, signal)
    await session.script(signal, `BEGIN;\n${this.#scriptFor(session, script)}\nROLLBACK;`)
    this.#last = script
  }

  #scriptFor(session: Session, script: Buffer): string {
    return session.textOf(script).replaceAll(databaseVariable, quoted(this.building.database))
  }

  /** Runs what was kept. */
  async runLast(signal: AbortSignal): Promise<void> {
    await this.inCluster(this.#last, signal)
  }

  /** Gives the database its name; an empty one that had it makes way. Whoever is connected to one of them is not, then. */
  async promote(signal: AbortSignal): Promise<void> {
    const { database } = this.#target
    await using session = await maintenance(this.#target, signal)
    const [row] = await session.rows(signal, 'SELECT 1 FROM pg_database WHERE datname = $1', [database])
    if (row) {
      await expectEmpty(this.#target, signal)
      await leftAlone(session, database, signal)
      await session.script(signal, `DROP DATABASE ${quoted(database)}`)
    }
    await leftAlone(session, this.building.database, signal)
    await session.script(
      signal,
      `ALTER DATABASE ${quoted(this.building.database)} RENAME TO ${quoted(database)}`,
    )
    this.#promoted = true
  }

  /** Unless promoted: nothing is left. */
  async discard(): Promise<void> {
    if (this.#promoted) return
    await using session = await maintenance(this.#target, calm)
    await dropDatabase(session, this.building.database, calm)
    for (const role of this.#rolesMade) await session.script(calm, `DROP ROLE IF EXISTS ${quoted(role)}`)
  }
}

/** Drops what killed restorations of this machine left, in clear, of what this role may drop: nobody goes on with it. */
async function dropLeft(session: Session, signal: AbortSignal): Promise<void> {
  const own = `SELECT datname FROM pg_database WHERE starts_with(datname, '${prefix}') AND pg_has_role(datdba, 'USAGE')`
  for (const [name] of await session.rows(signal, own)) {
    if (await isLeftBehind(name?.slice(prefix.length) ?? '')) await dropDatabase(session, name ?? '', signal)
  }
}

/**
 * Ends the sessions of a database, which keep it from being dropped or renamed: whatever watches a server has one in each. One that
 * this role may not end is left to the server to name.
 */
export async function leftAlone(session: Session, database: string, signal: AbortSignal): Promise<void> {
  const others = 'FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()'
  try {
    await session.rows(signal, `SELECT pg_terminate_backend(pid, 5000) ${others}`, [database])
  } catch (error) {
    if (!isServerError(error)) throw error
  }
}

async function rolesOf(session: Session, signal: AbortSignal): Promise<string[]> {
  return (await session.rows(signal, 'SELECT rolname FROM pg_roles')).map(([name]) => name ?? '')
}

/** Does nothing where it is gone. The server refuses to drop one that others may be made from. */
export async function dropDatabase(session: Session, database: string, signal: AbortSignal): Promise<void> {
  const sql = 'SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate'
  const [template] = await session.rows(signal, sql, [database])
  if (template) await session.script(signal, `ALTER DATABASE ${quoted(database)} IS_TEMPLATE false`)
  await session.script(signal, `DROP DATABASE IF EXISTS ${quoted(database)} WITH (FORCE)`)
}

/** A session beside the database itself. */
export async function maintenance(location: Location, signal: AbortSignal): Promise<Session> {
  const beside = location.database === location.maintenance ? 'template1' : location.maintenance
  return Session.open(inDatabase(location, beside), signal, { write: true })
}

const content = `SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
  + (SELECT count(*) FROM pg_proc WHERE oid >= 16384) + (SELECT count(*) FROM pg_type t WHERE oid >= 16384)
  + (SELECT count(*) FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_') + (SELECT count(*) FROM pg_largeobject_metadata)
  + (SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql')`

async function expectEmpty(target: Location, signal: AbortSignal): Promise<void> {
  await using session = await Session.open(target, signal)
  try {
    const [[count] = []] = await session.rows(signal, content)
    if (count === '0') return
    throw new RestituteError(
      'target-not-empty',
      `restore to ${placeOf(target)}: expected an empty database, got ${count} objects`,
    )
  } catch (error) {
    throw failure(`look at ${placeOf(target)}`, error)
  }
}
