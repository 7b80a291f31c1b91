import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { failed } from './errors.ts'
import { fingerprintOf } from './freeze.ts'
import { locationOf, nameOf } from './location.ts'
import { Session } from './session.ts'
import { quoteName, quoteText } from './text.ts'

/** What dropping a database is, and is not. */
export const dropMethod: DestructionMethod = {
  category: 'none',
  technique: 'DROP DATABASE',
  limits: [
    'The server deletes the files of the tables: the blocks on its storage devices are not overwritten.',
    'Rows may remain in the binary and relay logs, in the undo and redo logs and in the system tablespace until these are reused or purged.',
    'Replicas drop the database only when they apply the binary log; backups, snapshots and delayed replicas are not reached.',
    'Accounts are left as they are; they may hold grants on the name of the database.',
  ],
}

/** Drops a database. Refuses (`destroy-failed`) when the server is no longer the one that it was. */
class MysqlDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly method: DestructionMethod = dropMethod
  readonly #session: Session

  constructor(session: Session, fingerprint: string) {
    this.#session = session
    this.fingerprint = fingerprint
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    throwIfInterrupted(signal)
    const { database } = this.#session.location
    const got = await fingerprintOf(this.#session, signal)
    if (got === undefined) return
    if (got !== this.fingerprint) throw replaced(this.fingerprint, got)
    const [[tables] = []] = await this.#session.texts(
      `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(database)}`,
      signal,
    )
    yield { action: 'drop database', object: database, count: Number(tables) }
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    for await (const step of this.plan(signal)) {
      try {
        await this.#session.run(`DROP DATABASE IF EXISTS ${quoteName(step.object)}`, signal)
      } catch (error) {
        throw failed('destroy-failed', `drop ${nameOf(this.#session.location)}`, error)
      }
      yield step
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
  }
}

/** The destroyer of a database; where it is gone already its fingerprint is empty and nothing matches it. */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const session = await Session.open(locationOf(source), signal)
  try {
    return new MysqlDestroyer(session, (await fingerprintOf(session, signal)) ?? '')
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw failed('source-unreachable', `look for ${nameOf(session.location)}`, error)
  }
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
