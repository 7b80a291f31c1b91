import { asRestituteError, RestituteError } from '@restitute/core'
import { answerChallenge } from './authorisation.ts'
import { type Answer, discard, isStream, type Outgoing, pause, send, shown } from './http.ts'
import type { Lost } from './manifest.ts'
import { hostile } from './names.ts'

const mostAttempts = 3
const tokenLifeMs = 45_000

/** What is asked of one path below `/v2/`. */
export interface Asked {
  readonly method?: Outgoing['method']
  /** Whose rights are needed: a repository, or none for the registry itself. */
  readonly repository?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Outgoing['body']
  readonly signal: AbortSignal
}

/** Asks a registry, with the rights that it wants to see, and tells its silence from its refusals. */
export class RegistryConnection {
  readonly origin: URL
  readonly #secret: string | undefined
  /** Authorization that was good for a right on a repository. */
  readonly #granted = new Map<string, Grant>()

  constructor(origin: URL, secret: string | undefined) {
    this.origin = origin
    this.#secret = secret
    const local = ['127.0.0.1', '[::1]', 'localhost'].includes(origin.hostname)
    if (secret === undefined || origin.protocol === 'https:' || local) return
    throw new RestituteError('usage', `${origin.host}: expected https for a registry with a secret, got http`)
  }

  /** Throws `source-unreachable` unless a registry answers that lets us in. */
  async ping(signal: AbortSignal): Promise<void> {
    const asked: Asked = { signal }
    const answer = await this.ask('', asked)
    discard(answer)
    if (answer.status !== 200) throw this.#unexpected('', asked, answer.status)
  }

  /**
   * Asks, answering the registry's challenge if it makes one. Throws `source-unreachable` when it lets us in with no
   * credentials that we have.
   */
  async ask(path: string, asked: Asked): Promise<Answer> {
    const outgoing = this.outgoing(path, asked, await this.#authorization(path, asked))
    const answer = await send(outgoing)
    const challenge = answer.headers['www-authenticate']
    // What was streamed is gone; whoever streams has asked for something with the same right just before.
    if (answer.status !== 401 || challenge === undefined || isStream(asked.body)) return answer
    // Another host, to which the registry redirects, names no token service: it would be given the password.
    if (answer.url.origin !== this.origin.origin) return answer
    discard(answer)
    return send(this.outgoing(path, asked, await this.#grant(challenge, path, asked)))
  }

  /** Tokens live a minute or more: an older one is asked for again before it is used. */
  async #authorization(path: string, asked: Asked): Promise<string | undefined> {
    const known = this.#granted.get(rightOf(asked))
    const isOld = known?.value.startsWith('Bearer ') === true && performance.now() - known.at > tokenLifeMs
    return isOld ? this.#grant(known.challenge, path, asked) : known?.value
  }

  async #grant(challenge: string, path: string, asked: Asked): Promise<string> {
    const value = await answerChallenge(challenge, this.outgoing(path, asked), this.#secret)
    if (value === undefined) throw this.#unexpected(path, asked, 401)
    this.#granted.set(rightOf(asked), { value, challenge, at: performance.now() })
    return value
  }

  /** A request as it is sent; throws `hostile-input` for a path that leads to another host. */
  outgoing(path: string, { method = 'GET', headers, body, signal }: Asked, authorization?: string): Outgoing {
    const url = new URL(path, new URL('/v2/', this.origin))
    if (url.origin !== this.origin.origin)
      throw hostile(this.origin.host, 'its own addresses', 'another host')
    const all = { ...headers, ...(authorization !== undefined && { authorization }) }
    return { method, url, headers: all, ...(body !== undefined && { body }), signal }
  }

  /**
   * One object that cannot be had, in several attempts, from a registry that otherwise answers is lost: the others
   * need not be. A registry that only asks for patience loses nothing.
   */
  protected async orLost<T>(attempt: () => Promise<T | Lost>, signal: AbortSignal): Promise<T | Lost> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt()
      } catch (error) {
        const { code, details } = asRestituteError(error)
        if (code === 'hostile-input') return { lost: 'the registry sends it from place to place' }
        if (code !== 'source-unreachable' || details['status'] === 429) throw error
        if (attempts === mostAttempts) {
          await this.ping(signal)
          return { lost: 'it cannot be had, though the registry answers' }
        }
      }
      await pause(attempts * 500, signal)
    }
  }

  /** What this registry will not give; throws when it is the registry that does not answer. */
  async refused(status: number, asked: Asked): Promise<Lost> {
    if (status === 404) return { lost: 'the registry does not have it' }
    if (status === 401 || status === 403) return { lost: 'the registry refuses it to this account' }
    if (status === 429) throw this.#unexpected('', asked, status)
    if (status >= 500) await this.ping(asked.signal)
    return { lost: `the registry answers with status ${status}` }
  }

  #unexpected(path: string, asked: Asked, status: number): RestituteError {
    const hint =
      status === 401 || status === 403 ? { hint: 'does the account of the secret have the right' } : {}
    const what = shown(this.outgoing(path, asked))
    return new RestituteError('source-unreachable', `${what}: expected status 200, got ${status}`, {
      ...hint,
      details: { status },
    })
  }
}

/** An authorization, the challenge that it answers, and when. */
interface Grant {
  readonly value: string
  readonly challenge: string
  readonly at: number
}

const rights: Readonly<Record<string, string>> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' }

function rightOf({ method = 'GET', repository = '' }: Asked): string {
  return `${rights[method] ?? 'push'} ${repository}`
}
