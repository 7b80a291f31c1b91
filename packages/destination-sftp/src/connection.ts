import { RestituteError } from '@restitute/core'
import { openSession, type Session } from './connect.ts'
import { attempting } from './errors.ts'
import type { Location } from './location.ts'

/** What ends a call of the library. */
export type Answer<T> = (error: Error | null | undefined, value: T) => void

/**
 * One connection, opened when first needed and again when it broke. While nobody uses it, it does not keep the process
 * running.
 */
export class Connection {
  readonly location: Location
  readonly #secret: string | undefined
  #opening: Promise<Session> | undefined
  #users = 0

  constructor(location: Location, secret: string | undefined) {
    this.location = location
    this.#secret = secret
  }

  /** Does something with the session; `attempt` says what, in errors. */
  use<T>(attempt: string, act: (session: Session) => Promise<T>): Promise<T> {
    return attempting(attempt, async () => {
      this.#users++
      try {
        const session = await this.#session()
        session.socket.ref()
        return await act(session)
      } finally {
        this.#users--
        if (this.#users === 0) this.#opening?.then(({ socket }) => void socket.unref()).catch(() => {})
      }
    })
  }

  /** {@link use}, on the session in which a file was opened: elsewhere its handle means nothing. */
  within<T>(session: Session, attempt: string, act: () => Promise<T>): Promise<T> {
    return this.use(attempt, async (now) => {
      if (now === session) return act()
      throw new RestituteError('destination-unreachable', `${attempt}: the connection broke`)
    })
  }

  #session(): Promise<Session> {
    if (this.#opening) return this.#opening
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined
    }
    const opening = openSession(this.location, this.#secret, forget)
    opening.catch(forget)
    this.#opening = opening
    return opening
  }
}

/** One call of the library as a promise; it rejects, too, when the connection ends without an answer. */
export function call<T = void>({ waiting }: Session, begin: (answer: Answer<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject)
    try {
      begin((error, value) => {
        waiting.delete(reject)
        if (error) reject(error)
        else resolve(value)
      })
    } catch (thrown) {
      waiting.delete(reject)
      throw thrown
    }
  })
}

/** {@link call} of an extension; undefined where the server does not offer it. */
export async function callIfOffered<T = true>(
  session: Session,
  begin: (answer: Answer<T>) => void,
): Promise<T | true | undefined> {
  try {
    return (await call<T>(session, begin)) ?? true
  } catch (thrown) {
    if (thrown instanceof Error && thrown.message.startsWith('Server does not support')) return undefined
    throw thrown
  }
}
