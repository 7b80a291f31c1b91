import {
  type Prober,
  RestituteError,
  type Sighting,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { reasonOf } from './errors.ts'
import { fingerprintOf } from './freeze.ts'
import { type Location, locationOf } from './location.ts'
import { ownedNames, ownedThere } from './owned.ts'
import { tablesThere, wordsOnOthers } from './parts.ts'
import { expectAbsent } from './seen-absent.ts'
import { serverOf } from './server.ts'
import { Session } from './session.ts'
import { surroundingsOf, wordsOn } from './surroundings.ts'

const limits = [
  'Without PROCESS it sees neither sessions of others nor replicas; a replica that is not connected cannot be seen at all.',
  'The logs of the server (error, slow, general, audit), which may hold statements with values, were not looked at.',
  'Tables that somebody moved into another database it knows again only with PROCESS (InnoDB) or a right on all tables (other engines), and not where they were built anew there.',
  'Other names, other servers, what replicas hold, backups and logs were not looked at.',
]

/**
 * Looks for the database in the list of those that its account may see, and for the accounts that the URL declares to be its
 * own: anything left counts as present. What cannot be asked, or is hidden from the account, is `could-not-check`.
 */
class MysqlProber implements Prober {
  readonly #location: Location

  constructor(location: Location) {
    this.#location = location
  }

  async look(signal: AbortSignal): Promise<Sighting> {
    throwIfInterrupted(signal)
    const { user, host, port, database } = this.#location
    const sighting = { identity: `${user} at ${host}:${port}`, limits }
    const asked = `information_schema.SCHEMATA: ${database}`
    try {
      await using session = await Session.open(this.#location, signal)
      const [[identity = ''] = []] = await session.texts('SELECT CURRENT_USER()', signal)
      const fingerprint = await fingerprintOf(session, signal)
      const owned = await ownedThere(session, signal)
      if (fingerprint === undefined) await expectAbsent(session, signal)
      const state = fingerprint === undefined && owned.length === 0 ? 'absent' : 'present'
      const around = wordsOn(await surroundingsOf(session, signal))
      const { others } = await tablesThere(session, signal)
      const seen = {
        ...sighting,
        identity: `${identity} at ${host}:${port}`,
        ...(await serverOf(session, signal)),
        otherParts: others,
        state,
        looked: [
          `${asked}: ${fingerprint === undefined ? 'absent' : 'present'}`,
          ...ownedNames(session).map(
            (name) => `mysql.user: ${name}: ${owned.includes(name) ? 'present' : 'absent'}`,
          ),
          ...around,
          ...wordsOnOthers(others),
        ],
      } as const
      return fingerprint === undefined ? seen : { ...seen, fingerprint }
    } catch (error) {
      throwIfInterrupted(signal)
      const reason = error instanceof RestituteError ? error.message : reasonOf(error)
      return { ...sighting, state: 'could-not-check', looked: [`${asked}: ${reason}`] }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A prober for the database of a source. */
export function openProber(source: SourceSpec): Prober {
  return new MysqlProber(locationOf(source))
}
