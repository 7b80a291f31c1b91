import { asRestituteError, RestituteError } from '@restitute/core'
import { answerChallenge } from './authorisation.ts'
import {
  type Answer,
  discard,
  isStream,
  locationIn,
  type Outgoing,
  pause,
  send,
  shown,
  wholeBody,
} from './http.ts'
import { type Descriptor, descriptors, type Lost, mostManifestBytes, printable } from './manifest.ts'
import { acceptedManifests } from './media-types.ts'
import { hostile, isDigest, isRepository, isTag } from './names.ts'
import { provenBytes } from './proven.ts'
import { resumed } from './resumed.ts'
import type { FetchedBlob, FetchedManifest } from './store.ts'

const mostListBytes = 64 * 1024 * 1024
const mostErrorBytes = 65_536
const pageEntries = 1000
const mostAttempts = 3
/** What registries without the referrers API answer. */
const noSuchApi: readonly number[] = [400, 404, 405, 501]
/** What servers answer that do not know HEAD: then the manifest itself is asked for. */
const withoutHead: readonly number[] = [405, 501]
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

/**
 * A client of the OCI distribution API (specification 1.1). Everything that comes is untrusted: sizes are bounded,
 * names and digests checked. What the registry does not have, or will not give, is an answer; a registry that does not
 * answer is `source-unreachable`.
 */
export class Registry {
  readonly origin: URL
  readonly #secret: string | undefined
  /** Authorization that was good for a right on a repository. */
  readonly #granted = new Map<string, Grant>()
  #referrers: boolean | undefined

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

  /** The repositories that the registry lists; throws `source-unreachable` where it lists none to us. */
  async *repositories(signal: AbortSignal): AsyncIterable<string> {
    for await (const page of this.#pages('_catalog', { signal }, 'repositories')) {
      if (!page.list)
        throw new RestituteError(
          'source-unreachable',
          `catalog of ${this.origin.host}: ${page.lost}`,
          catalogHint,
        )
      for (const name of textsIn(page.list['repositories'], this.origin.host)) {
        if (!isRepository(name))
          throw hostile(`${this.origin.host} catalog`, 'names of repositories', printable(name))
        yield name
      }
    }
  }

  /**
   * The tags of a repository, a page at a time; none for one that is not there. `strict`: a 404 must then be the
   * registry's own; whatever stands before it answers 404 to what it does not route.
   */
  async *tags(
    repository: string,
    signal: AbortSignal,
    { strict = false }: { readonly strict?: boolean } = {},
  ): AsyncIterable<readonly string[] | Lost> {
    for await (const page of this.#pages(`${repository}/tags/list`, { repository, signal }, 'tags')) {
      if (!page.list) {
        if (page.status !== 404 || (strict && !page.isOwn))
          yield { lost: `its tags cannot be listed: ${page.lost}` }
        return
      }
      const tags = textsIn(page.list['tags'], this.origin.host)
      if (!tags.every(isTag)) throw hostile(`tags of ${repository}`, 'tags', 'other texts')
      yield tags
    }
  }

  /** Digest of what a tag names now. */
  resolve(repository: string, tag: string, signal: AbortSignal): Promise<{ digest: string } | Lost> {
    return this.#orLost(() => this.#resolve(repository, tag, signal), signal)
  }

  async #resolve(repository: string, tag: string, signal: AbortSignal): Promise<{ digest: string } | Lost> {
    const asked: Asked = { method: 'HEAD', repository, headers: { accept: acceptedManifests }, signal }
    const answer = await this.ask(`${repository}/manifests/${tag}`, asked)
    const { status, headers, body } = answer
    body.resume()
    if (status !== 200 && !withoutHead.includes(status)) return this.#refused(status, asked)
    const digest = headers['docker-content-digest']
    if (status === 200 && isDigest(digest)) return { digest }
    const whole = await this.#manifest(repository, tag, signal)
    return 'lost' in whole ? whole : { digest: provenBytes.digest(whole.bytes) }
  }

  /** A manifest or an index by its digest, proven. */
  async manifest(repository: string, digest: string, signal: AbortSignal): Promise<FetchedManifest | Lost> {
    const found = await this.#orLost(() => this.#manifest(repository, digest, signal), signal)
    if ('lost' in found) return found
    return provenBytes.have(found.bytes, digest) ? found : { lost: 'its bytes do not have its digest' }
  }

  async #manifest(
    repository: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<FetchedManifest | Lost> {
    const asked: Asked = { repository, headers: { accept: acceptedManifests }, signal }
    const answer = await this.ask(`${repository}/manifests/${reference}`, asked)
    if (answer.status !== 200) {
      discard(answer)
      return this.#refused(answer.status, asked)
    }
    const bytes = await boundedBody(this.#outgoing('', asked), answer)
    const mediaType = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? ''
    return 'lost' in bytes ? bytes : { bytes: bytes.whole, mediaType }
  }

  /** A blob, from a byte on; where the connection is cut it goes on from there. */
  async blob(repository: string, digest: string, signal: AbortSignal, from = 0): Promise<FetchedBlob | Lost> {
    const rest = (at: number): Promise<Answer | Lost> =>
      this.#orLost(() => this.#blobFrom(repository, digest, at, signal), signal)
    const first = await rest(from)
    if ('lost' in first) return first
    const again = async (at: number): Promise<Answer | undefined> => {
      const answer = await rest(at)
      return 'lost' in answer ? undefined : answer
    }
    return resumed(first, from, again, signal)
  }

  async #blobFrom(
    repository: string,
    digest: string,
    from: number,
    signal: AbortSignal,
  ): Promise<Answer | Lost> {
    const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
    const asked: Asked = { repository, headers, signal }
    const answer = await this.ask(`${repository}/blobs/${digest}`, asked)
    if (answer.status === (from > 0 ? 206 : 200)) return answer
    discard(answer)
    return this.#refused(answer.status, asked)
  }

  /**
   * What refers to a manifest, by the referrers API; nothing where the registry has none (the tag scheme is seen as tags).
   * A registry that fails or refuses may have one: then what refers to it is lost.
   */
  async *referrers(
    repository: string,
    digest: string,
    signal: AbortSignal,
  ): AsyncIterable<Descriptor | Lost> {
    if (this.#referrers === false) return
    for await (const page of this.#pages(`${repository}/referrers/${digest}`, { repository, signal })) {
      if (!page.list) {
        if (noSuchApi.includes(page.status)) this.#referrers ??= false
        else yield { lost: `what refers to an image cannot be listed: ${page.lost}` }
        return
      }
      this.#referrers = true
      const list = descriptors(page.list['manifests'])
      if (list === undefined) throw hostile(`referrers of ${digest}`, 'descriptors', 'something else')
      yield* list
    }
  }

  /** Whether the registry has the referrers API. */
  async tellsReferrers(repository: string, digest: string, signal: AbortSignal): Promise<boolean> {
    for await (const _ of this.referrers(repository, digest, signal)) break
    return this.#referrers === true
  }

  /**
   * Pages of a list, following `Link` (RFC 8288), which a registry may leave out: `names` is the member of which a full page
   * is asked to go on after its last name.
   */
  async *#pages(path: string, asked: Asked, names?: 'tags' | 'repositories'): AsyncIterable<Page> {
    const start = `${path}${names === undefined ? '' : `?n=${pageEntries}`}`
    const seen = new Set<string>()
    for (let next: string | undefined = start; next !== undefined; ) {
      if (seen.has(next)) throw hostile(`${this.origin.host} ${path}`, 'pages that end', 'a circle of pages')
      seen.add(next)
      const answer: Answer = await this.ask(next, asked)
      if (answer.status !== 200) {
        const isOwn = await isRegistryError(answer)
        yield { ...(await this.#refused(answer.status, asked)), status: answer.status, isOwn }
        return
      }
      const { url } = this.#outgoing(next, asked)
      const list = listIn(
        await wholeBody(this.#outgoing(next, asked), answer, mostListBytes),
        this.origin.host,
      )
      yield { list }
      next = nextOf(answer.headers['link'], url) ?? after(names === undefined ? [] : list[names], url)
    }
  }

  /**
   * Asks, answering the registry's challenge if it makes one. Throws `source-unreachable` when it lets us in with no
   * credentials that we have.
   */
  async ask(path: string, asked: Asked): Promise<Answer> {
    const outgoing = this.#outgoing(path, asked, await this.#authorization(path, asked))
    const answer = await send(outgoing)
    const challenge = answer.headers['www-authenticate']
    // What was streamed is gone; whoever streams has asked for something with the same right just before.
    if (answer.status !== 401 || challenge === undefined || isStream(asked.body)) return answer
    // Another host, to which the registry redirects, names no token service: it would be given the password.
    if (answer.url.origin !== this.origin.origin) return answer
    discard(answer)
    return send(this.#outgoing(path, asked, await this.#grant(challenge, path, asked)))
  }

  /** Tokens live a minute or more: an older one is asked for again before it is used. */
  async #authorization(path: string, asked: Asked): Promise<string | undefined> {
    const known = this.#granted.get(rightOf(asked))
    const isOld = known?.value.startsWith('Bearer ') === true && performance.now() - known.at > tokenLifeMs
    return isOld ? this.#grant(known.challenge, path, asked) : known?.value
  }

  async #grant(challenge: string, path: string, asked: Asked): Promise<string> {
    const value = await answerChallenge(challenge, this.#outgoing(path, asked), this.#secret)
    if (value === undefined) throw this.#unexpected(path, asked, 401)
    this.#granted.set(rightOf(asked), { value, challenge, at: performance.now() })
    return value
  }

  #outgoing(
    path: string,
    { method = 'GET', headers, body, signal }: Asked,
    authorization?: string,
  ): Outgoing {
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
  async #orLost<T>(attempt: () => Promise<T | Lost>, signal: AbortSignal): Promise<T | Lost> {
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
  async #refused(status: number, asked: Asked): Promise<Lost> {
    if (status === 404) return { lost: 'the registry does not have it' }
    if (status === 401 || status === 403) return { lost: 'the registry refuses it to this account' }
    if (status === 429) throw this.#unexpected('', asked, status)
    if (status >= 500) await this.ping(asked.signal)
    return { lost: `the registry answers with status ${status}` }
  }

  #unexpected(path: string, asked: Asked, status: number): RestituteError {
    const hint =
      status === 401 || status === 403 ? { hint: 'does the account of the secret have the right' } : {}
    const what = shown(this.#outgoing(path, asked))
    return new RestituteError('source-unreachable', `${what}: expected status 200, got ${status}`, {
      ...hint,
      details: { status },
    })
  }
}

const catalogHint = { hint: 'name each repository as a source of its own where the catalog is closed' }

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

/** A page of a list, or why there is none, and whether it is the registry that says so. */
type Page =
  | { readonly list: Members }
  | (Lost & { readonly list?: never; readonly status: number; readonly isOwn: boolean })

type Members = Readonly<Record<string, unknown>>

/** Whether an answer's body is an error in the form of the specification ("Error codes"); reads it away. */
async function isRegistryError(answer: Answer): Promise<boolean> {
  let text = ''
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      text += String(chunk)
      if (text.length > mostErrorBytes) return false
    }
    const { errors } = JSON.parse(text) as { errors?: unknown }
    return (
      Array.isArray(errors) && errors.some((one: { code?: unknown } | null) => typeof one?.code === 'string')
    )
  } catch {
    return false
  }
}

function listIn(body: Buffer, host: string): Members {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (typeof value === 'object' && value !== null) return value as Members
  } catch {
    // Said below.
  }
  throw hostile(host, 'a list in JSON', 'something else')
}

function textsIn(list: unknown, host: string): string[] {
  if (list === null || list === undefined) return []
  if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list
  throw hostile(host, 'a list of names', 'something else')
}

function nextOf(link: string | string[] | undefined, from: URL): string | undefined {
  const found = /<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b"?/i.exec(String(link ?? ''))?.[1]
  return found === undefined ? undefined : locationIn(found, from).href
}

/** What comes after a full page that says of no next one; nothing where that would be the same page again. */
function after(names: unknown, from: URL): string | undefined {
  const last: unknown = Array.isArray(names) && names.length >= pageEntries ? names.at(-1) : undefined
  if (typeof last !== 'string' || last === from.searchParams.get('last')) return undefined
  const next = new URL(from)
  next.searchParams.set('n', String(pageEntries))
  next.searchParams.set('last', last)
  return next.href
}

async function boundedBody(outgoing: Outgoing, answer: Answer): Promise<{ whole: Buffer } | Lost> {
  try {
    return { whole: await wholeBody(outgoing, answer, mostManifestBytes) }
  } catch (error) {
    if (!(error instanceof RestituteError) || error.code !== 'hostile-input') throw error
    return { lost: `a manifest of more than ${mostManifestBytes} bytes` }
  }
}
