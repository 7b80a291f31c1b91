import {
  areAmong,
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  type Parts,
  partsAmong,
  RestituteError,
  type SourceSpec,
  throwIfInterrupted,
  writtenSince,
} from '@restitute/core'
import { failed } from './errors.ts'
import { expectNoEventsBeside } from './events-beside.ts'
import { fingerprintOf } from './freeze.ts'
import { isWrittenSince, serverTime } from './late.ts'
import { locationOf, nameOf } from './location.ts'
import { dropAccount, expectOwnedAlone, ownedThere } from './owned.ts'
import { tablesThere } from './parts.ts'
import { expectAbsent } from './seen-absent.ts'
import { serverOf } from './server.ts'
import { Session } from './session.ts'
import { surroundingsOf, wordsOn } from './surroundings.ts'
import { quoteName, quoteText } from './text.ts'

/** What dropping a database is, and is not. */
export const dropMethod: DestructionMethod = {
  category: 'none',
  technique: 'DROP DATABASE; then DROP USER and DROP ROLE of the accounts declared to belong to it alone',
  limits: [
    'The server deletes the files of the tables: the blocks on its storage devices are not overwritten.',
    'Rows may remain in the binary and relay logs, in the undo and redo logs, and in the system tablespace and, on MySQL, general ones, whose files the server keeps, until these are reused, purged or dropped.',
    'The logs of the server (error, slow, general, audit) may hold statements with values of the database: they are not reached.',
    'Replicas drop the database only when they apply the binary log; backups, snapshots and delayed replicas are not reached.',
    'MariaDB drops the events of databases whose names differ from this one in case or accents alone with it: where the account could see such events, nothing was dropped.',
    'Tables that somebody moved into another database meanwhile are known again by number (InnoDB, with PROCESS), or by engine and the second in which they were made (with a right on all tables): not where they were built anew there.',
    'Other accounts are left as they are; they may hold grants on the name of the database.',
    'Sessions of others are not ended: one that holds a table makes the destruction fail, and it is run again.',
  ],
}

/**
 * Drops a database, and the accounts that its URL declares to be its own (`owned=`). Refuses (`destroy-failed`) when the
 * server is no longer the one that it was, or one of these accounts may do something elsewhere.
 */
class MysqlDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly server: string
  readonly stand: string
  readonly age?: number
  readonly onlyBelongings: boolean
  readonly parts: Parts
  readonly method: DestructionMethod
  readonly #session: Session
  /** By the server's clock. */
  readonly #opened: string

  constructor(
    session: Session,
    found: Pick<MysqlDestroyer, 'fingerprint' | 'server' | 'age' | 'onlyBelongings' | 'parts' | 'method'>,
    opened: string,
  ) {
    this.#session = session
    this.#opened = opened
    this.fingerprint = found.fingerprint
    this.server = found.server
    this.stand = found.server
    if (found.age !== undefined) this.age = found.age
    this.onlyBelongings = found.onlyBelongings
    this.parts = found.parts
    this.method = found.method
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    throwIfInterrupted(signal)
    const { database } = this.#session.location
    const got = await fingerprintOf(this.#session, signal)
    if (got !== undefined && got !== this.fingerprint) throw replaced(this.fingerprint, got)
    const owned = await this.#owned(signal)
    if (got !== undefined) await expectNoEventsBeside(this.#session, signal)
    if (got !== undefined) yield await this.#databaseStep(database, signal)
    for (const object of owned) yield { action: 'drop account', object }
  }

  async #databaseStep(database: string, signal: AbortSignal): Promise<DestroyStep> {
    const [[tables] = []] = await this.#session.texts(
      `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(database)}`,
      signal,
    )
    return { action: 'drop database', object: database, count: Number(tables) }
  }

  /** Asked before anything is dropped, so that a refusal leaves everything. */
  async #owned(signal: AbortSignal): Promise<string[]> {
    try {
      const names = await ownedThere(this.#session, signal)
      await expectOwnedAlone(this.#session, names, signal)
      return names
    } catch (error) {
      throw failed('destroy-failed', 'look at the accounts that are declared as owned', error)
    }
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    await this.#expectUnwritten(signal)
    for await (const step of this.plan(signal)) {
      try {
        if (step.action === 'drop account') await dropAccount(this.#session, step.object, signal)
        else await this.#session.run(`DROP DATABASE IF EXISTS ${quoteName(step.object)}`, signal)
      } catch (error) {
        throw failed('destroy-failed', `${step.action} of ${nameOf(this.#session.location)}`, error)
      }
      yield step
      if (step.action === 'drop database') await this.#expectNoneMoved(signal)
    }
  }

  /** What was written since it was opened, nobody has compared with what was delivered. */
  async #expectUnwritten(signal: AbortSignal): Promise<void> {
    if (await isWrittenSince(this.#session, this.#opened, signal))
      throw writtenSince(`destroy ${nameOf(this.#session.location)}: somebody wrote to it`)
  }

  /** What was moved since it was compared was not dropped. */
  async #expectNoneMoved(signal: AbortSignal): Promise<void> {
    const { others } = await tablesThere(this.#session, signal)
    if (!areAmong(this.parts, others)) return
    throw new RestituteError(
      'destroy-failed',
      `drop database of ${nameOf(this.#session.location)}: some of its tables are still there, under another name`,
      { hint: 'find out who moved them into another database, and why; move them back, then destroy' },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
  }
}

/**
 * The destroyer of a database; where it is gone already its fingerprint is empty and nothing matches it. Throws
 * `source-unreachable`, also where the server would hide it from the account.
 */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const session = await Session.open(locationOf(source), signal)
  try {
    const opened = await serverTime(session, signal)
    const fingerprint = (await fingerprintOf(session, signal)) ?? ''
    if (fingerprint === '') await expectAbsent(session, signal)
    const left = fingerprint === '' ? await ownedThere(session, signal) : []
    const [server, method] = [await serverOf(session, signal), await methodOn(session, signal)]
    const { own, others } = await tablesThere(session, signal)
    const parts = fingerprint === '' ? nothing : partsAmong(own, others)
    const found = { fingerprint, ...server, onlyBelongings: left.length > 0, parts, method }
    return new MysqlDestroyer(session, found, opened)
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw failed('source-unreachable', `look for ${nameOf(session.location)}`, error)
  }
}

const nothing: Parts = { numbers: [], marks: {} }

/** The method, with what the server tells of its replicas. */
async function methodOn(session: Session, signal: AbortSignal): Promise<DestructionMethod> {
  const around = wordsOn(await surroundingsOf(session, signal)).join('; ')
  return { ...dropMethod, limits: [...dropMethod.limits, `Seen when it began: ${around}.`] }
}

function replaced(expected: string, got: string): RestituteError {
  return new RestituteError(
    'destroy-failed',
    `destroy: expected ${expected || 'no database'}, got another one ${got}`,
    {
      hint: 'find out what happened to the database first',
    },
  )
}
