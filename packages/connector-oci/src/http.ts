import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { RestituteError, systemCode, throwIfInterrupted } from '@restitute/core'

/** A request that is about to be made. */
export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

/** An answer; its body is to be read or discarded. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
  /** Where it came from in the end. */
  readonly url: URL
}

const idleMs = 60_000
const mostRedirects = 5
const mostPatience = 3
const patienceWithFaults = 1
const longestWaitMs = 30_000

/**
 * Sends a request; follows redirects of what only reads, at most five, and never takes credentials to another host nor
 * leaves TLS. Waits, at most three times, when the server says that it is asked too often (429) or for a while
 * unavailable (503), and once after any other fault of its own. Proxies and private authorities are Node's: `NODE_USE_ENV_PROXY`, `NODE_EXTRA_CA_CERTS`.
 * Throws `source-unreachable`, `interrupted`, `hostile-input`.
 */
export async function send(outgoing: Outgoing): Promise<Answer> {
  let next = outgoing
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await patient(next)
    const target = redirectOf(next, answer)
    if (target === undefined) return answer
    discard(answer)
    next = redirected(next, target)
  }
  throw new RestituteError(
    'hostile-input',
    `${shown(outgoing)}: expected at most ${mostRedirects} redirects, got more`,
  )
}

async function patient(outgoing: Outgoing): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await exchange(outgoing)
    if (tries >= patienceWith(answer.status) || isStream(outgoing.body)) return answer
    discard(answer)
    await pause(waitMs(answer.headers['retry-after'], tries), outgoing.signal)
  }
}

function patienceWith(status: number): number {
  if (status === 429 || status === 503) return mostPatience
  return status >= 500 ? patienceWithFaults : 0
}

/** Retry-After in seconds; dates and nonsense count as not given: then one, two, four seconds. */
function waitMs(retryAfter: string | undefined, tries: number): number {
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : 2 ** tries
  return Math.min(seconds * 1000, longestWaitMs)
}

/** Waits, unless interrupted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => throwIfInterrupted(signal))
}

/** Whether a body can be sent once only. */
export function isStream(body: Outgoing['body']): boolean {
  return body !== undefined && !(body instanceof Uint8Array)
}

function redirectOf({ method, url }: Outgoing, { status, headers }: Answer): URL | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined
  return locationIn(headers.location, url)
}

/** A URL out of an answer, made absolute; throws `hostile-input` for one that leaves HTTP, or TLS. */
export function locationIn(location: string, from: URL): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined
  const allowed = from.protocol === 'https:' ? ['https:'] : ['https:', 'http:']
  if (to !== undefined && allowed.includes(to.protocol) && to.username === '') return to
  throw new RestituteError(
    'hostile-input',
    `${from.host}: expected a redirection to ${allowed.join(' or ')}, got another one`,
  )
}

function redirected(outgoing: Outgoing, url: URL): Outgoing {
  if (url.origin === outgoing.url.origin) return { ...outgoing, url }
  const { authorization: _, ...headers } = outgoing.headers ?? {}
  return { ...outgoing, url, headers }
}

async function exchange(outgoing: Outgoing): Promise<Answer> {
  throwIfInterrupted(outgoing.signal)
  try {
    const body = await answerTo(outgoing)
    return { status: body.statusCode ?? 0, headers: body.headers, body, url: outgoing.url }
  } catch (error) {
    throw failure(outgoing, error)
  }
}

function answerTo({ method, url, headers, body, signal }: Outgoing): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const identity = { 'accept-encoding': 'identity', 'user-agent': 'restitute' }
    const sent = request(url, { method, headers: { ...identity, ...headers }, signal })
    sent.setTimeout(idleMs, () => sent.destroy(new Error(`nothing for ${idleMs / 1000} seconds`)))
    sent.on('response', resolve)
    sent.on('error', reject)
    if (body === undefined || body instanceof Uint8Array) sent.end(body)
    else pipeline(body, sent).catch(reject)
  })
}

/** Why a request failed: as what it was meant to be, or `source-unreachable`. */
export function failure(outgoing: Outgoing, error: unknown): RestituteError {
  if (error instanceof RestituteError) return error
  if (outgoing.signal.aborted) {
    return new RestituteError('interrupted', 'interrupted before the end', { cause: error })
  }
  const reason = systemCode(error) ?? (error instanceof Error ? error.message : 'failed')
  return new RestituteError('source-unreachable', `${shown(outgoing)}: ${reason}`, { cause: error })
}

/** What is said of a request: never its query, which may hold a signature. */
export function shown({ method, url }: Pick<Outgoing, 'method' | 'url'>): string {
  return `${method} ${url.origin}${url.pathname}`
}

/** Lets an answer go without reading it: what is small is read away so that the connection can be used again. */
export function discard({ headers, body }: Answer): void {
  body.on('error', () => {})
  if (Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= 65_536) body.resume()
  else body.destroy()
}

/** A whole body; throws `hostile-input` when it is larger than allowed. */
export async function wholeBody(outgoing: Outgoing, answer: Answer, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > mostBytes) throw tooLarge(outgoing, mostBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    throw failure(outgoing, error)
  }
  return Buffer.concat(chunks)
}

function tooLarge(outgoing: Outgoing, mostBytes: number): RestituteError {
  return new RestituteError(
    'hostile-input',
    `${shown(outgoing)}: expected at most ${mostBytes} bytes, got more`,
  )
}
