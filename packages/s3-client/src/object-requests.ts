import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Agents } from './agents.ts'
import { idleTimeout } from './client.ts'

const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const longestRefusal = 64 * 1024

/** A question about one object, or one version of it. */
export interface ObjectRequest {
  readonly method: 'GET' | 'HEAD'
  readonly key: string
  /** `versionId`, and the sub-resource (`acl`) with an empty value. */
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer of status 200 or 206; its stream is the body, which must be read to its end or destroyed. */
export type ObjectAnswer = IncomingMessage

/** An answer of any other status, in the form of the SDK's errors. */
export class ServiceRefusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId?: string }

  constructor(name: string, status: number, requestId: string | undefined) {
    super(`${name} (HTTP ${status})`)
    this.name = name
    this.$metadata = { httpStatusCode: status, ...(requestId !== undefined && { requestId }) }
  }
}

/** Where requests for objects of a bucket go. */
interface Address {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  /** What comes before the key. */
  readonly path: string
}

/**
 * The few requests that are made millions of times, signed by the SDK's own signer and sent over Node's client: all that
 * the SDK does around a request costs three times as much as the request. It says where the bucket is reached, as whom and
 * in which region. Tries once: whoever asks decides on asking again.
 */
export class ObjectRequests {
  readonly #client: S3Client
  readonly #agents: Agents
  readonly #bucket: string
  readonly #signer: SignatureV4
  #address: Promise<Address> | undefined

  constructor(client: S3Client, agents: Agents, bucket: string) {
    const { credentials, region, sha256 } = client.config
    this.#client = client
    this.#agents = agents
    this.#bucket = bucket
    this.#signer = new SignatureV4({ service: 's3', credentials, region, sha256, uriEscapePath: false })
  }

  /** Throws {@link ServiceRefusal}, the system's error of a broken connection, or an `AbortError`. */
  async send(asked: ObjectRequest, signal: AbortSignal): Promise<ObjectAnswer> {
    this.#address ??= addressOf(this.#client, this.#bucket)
    const { protocol, hostname, port, path } = await this.#address
    const whole = {
      ...{
        method: asked.method,
        protocol,
        hostname,
        path: path + escaped(asked.key),
        query: { ...asked.query },
      },
      ...(port !== undefined && { port }),
      headers: {
        ...asked.headers,
        host: port === undefined ? hostname : `${hostname}:${port}`,
        'x-amz-content-sha256': emptyDigest,
      },
    }
    // The SDK goes by the clock of the service, once that has refused ours.
    const signingDate = new Date(Date.now() + this.#client.config.systemClockOffset)
    const signed = await this.#signer.sign(whole, { signingDate })
    const target = { hostname, port, method: asked.method, path: signed.path + queryOf(asked.query) }
    const answer = await this.#exchange(protocol, { ...target, headers: signed.headers, signal })
    if (answer.statusCode === 200 || answer.statusCode === 206) return answer
    throw await refusalOf(answer)
  }

  async #exchange(protocol: string, options: object): Promise<IncomingMessage> {
    const { httpAgent, httpsAgent } = this.#agents
    const secure = protocol === 'https:'
    const whole = { ...options, timeout: idleTimeout, agent: secure ? httpsAgent : httpAgent }
    return new Promise((resolve, reject) => {
      const sent = secure ? secureRequest(whole) : plainRequest(whole)
      sent.once('response', resolve)
      sent.once('error', reject)
      sent.once('timeout', () => sent.destroy(silence()))
      sent.end()
    })
  }
}

function silence(): Error {
  return Object.assign(new Error('no byte for a minute'), { code: 'ETIMEDOUT' })
}

/** The SDK knows how a bucket is reached; it prepares a request and does not send it. */
async function addressOf(client: S3Client, bucket: string): Promise<Address> {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: 'x' })
  let found: unknown
  command.middlewareStack.add(
    () => async (args) => {
      found = args.request
      return { response: undefined, output: { $metadata: {} } }
    },
    { step: 'build', priority: 'low' },
  )
  await client.send(command)
  const { path, ...rest } = found as Address
  return { ...rest, path: path.slice(0, -1) }
}

/** As RFC 3986 has it, all but `/`. */
function escaped(key: string): string {
  return key.split('/').map(escapedSegment).join('/')
}

function escapedSegment(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) =>
    value === '' ? name : `${name}=${escapedSegment(value)}`,
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

async function refusalOf(answer: IncomingMessage): Promise<ServiceRefusal> {
  let text = ''
  for await (const chunk of answer) {
    text += String(chunk)
    if (text.length > longestRefusal) break
  }
  const status = answer.statusCode ?? 0
  const name =
    /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1] ?? (status === 404 ? 'NotFound' : 'Unknown')
  const id = answer.headers['x-amz-request-id']
  return new ServiceRefusal(name, status, typeof id === 'string' ? id : undefined)
}
