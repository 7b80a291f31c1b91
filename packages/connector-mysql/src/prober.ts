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
import { Session } from './session.ts'

const limits = [
  'An account sees only databases on which it has a right: one without rights would see nothing, whatever is there.',
  'Other names, other servers, replicas, backups and logs were not looked at.',
]

/** Looks for the database in the list of those that its account may see. What cannot be asked is `could-not-check`. */
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
      const state = fingerprint === undefined ? 'absent' : 'present'
      const seen = {
        ...sighting,
        identity: `${identity} at ${host}:${port}`,
        state,
        looked: [`${asked}: ${state}`],
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
