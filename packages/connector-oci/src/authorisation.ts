import { RestituteError } from '@restitute/core'
import { locationIn, type Outgoing, send, shown, wholeBody } from './http.ts'

/** What a registry asks for (RFC 9110 §11.6.1). */
interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const mostTokenBytes = 256 * 1024

/**
 * The value of an Authorization header that answers a challenge: basic, or a bearer token from the token service that
 * the registry names. `secret` is `user:password`, or a bearer token; without one a token is asked for anonymously.
 * Nothing when there is no answer. A token service elsewhere is asked over TLS only.
 */
export async function answerChallenge(
  header: string,
  outgoing: Outgoing,
  secret: string | undefined,
): Promise<string | undefined> {
  const challenges = challengesIn(header)
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  const isPair = secret?.includes(':') === true
  if (bearer && secret !== undefined && !isPair) return `Bearer ${secret}`
  if (bearer) return `Bearer ${await tokenFor(bearer, outgoing, secret)}`
  if (!isPair || !challenges.some(({ scheme }) => scheme === 'basic')) return undefined
  return basic(secret ?? '')
}

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function challengesIn(header: string): Challenge[] {
  const form = /(\w+)((?:\s+|\s*,\s*)\w+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",]+))+/g
  const bare = /^\s*basic\s*$/i.test(header)
    ? [{ scheme: 'basic', parameters: new Map<string, string>() }]
    : []
  return [...bare, ...[...header.slice(0, 8192).matchAll(form)].map(([text]) => challengeIn(text))]
}

function challengeIn(text: string): Challenge {
  const pairs = [...text.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g)]
  const parameters = new Map(
    pairs.map(([, key = '', quoted, plain]) => [
      key.toLowerCase(),
      quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
    ]),
  )
  return { scheme: (/^\w+/.exec(text)?.[0] ?? '').toLowerCase(), parameters }
}

async function tokenFor(
  { parameters }: Challenge,
  { url: from, signal }: Outgoing,
  secret: string | undefined,
): Promise<string> {
  const url = locationIn(parameters.get('realm') ?? '', from)
  if (url.origin !== from.origin && url.protocol !== 'https:') throw refused(from, 'a token service over TLS')
  for (const key of ['service', 'scope']) {
    const value = parameters.get(key)
    if (value !== undefined) url.searchParams.set(key, value)
  }
  const headers: Record<string, string> = secret === undefined ? {} : { authorization: basic(secret) }
  const request: Outgoing = { method: 'GET', url, headers, signal }
  const answer = await send(request)
  const body = await wholeBody(request, answer, mostTokenBytes)
  if (answer.status !== 200) throw refused(url, `a token, got status ${answer.status}`)
  return tokenIn(body) ?? fail(request)
}

function tokenIn(body: Buffer): string | undefined {
  try {
    const { token, access_token } = JSON.parse(body.toString()) as Record<string, unknown>
    const found = typeof token === 'string' && token !== '' ? token : access_token
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined
  } catch {
    return undefined
  }
}

function fail(request: Outgoing): never {
  throw refused(request.url, `a token from ${shown(request)}, got none`)
}

function refused({ host }: URL, expected: string): RestituteError {
  return new RestituteError('source-unreachable', `sign in at ${host}: expected ${expected}`, {
    hint: 'is the secret "user:password" of an account that may do this',
  })
}
