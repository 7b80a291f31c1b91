import { createHash, randomBytes } from 'node:crypto'
import { RestituteError } from '@restitute/core'
import { Integer, Null, OctetString } from 'asn1js'
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from 'pkijs'
import { sha256Id } from '../x509/algorithms.ts'
import { maxSignedBytes } from '../x509/asn1.ts'
import { readReply, type Token } from './reply.ts'
import { isGranted, isImprintOf, verifyTimestamp } from './verify-timestamp.ts'

/** What {@link requestTimestamp} is told. */
export interface TimestampRequest {
  /** Of the authority, `http:` or `https:`. */
  readonly url: string
  /** Only its SHA-256 leaves the machine. */
  readonly data: Uint8Array
  readonly signal?: AbortSignal
  /** In the place of the runtime's own, for tests. */
  readonly fetch?: typeof fetch
}

const timeLimit = 30_000

/**
 * Asks an authority for a time stamp of `data` (RFC 3161 over HTTP) and gives its reply, DER: what belongs into a
 * `.tsr` file. Checked: granted, for this request (nonce) and these data; whose it is says `verifyTimestamp`.
 * Proxies and private authorities are Node's to know (`NODE_USE_ENV_PROXY`, `NODE_EXTRA_CA_CERTS`). Waits for at
 * most 30 s. Throws `timestamp-failed`, and `interrupted` once the signal is set.
 */
export async function requestTimestamp(o: TimestampRequest): Promise<Uint8Array> {
  const nonce = newNonce()
  const reply = await exchange(o, queryFor(o.data, nonce))
  const token = tokenOf(o.url, reply)
  const echoed = token.info.nonce?.valueBlock.valueHexView
  if (echoed === undefined || !nonce.equals(echoed)) {
    throw failed(o.url, 'it answered another request (the nonce differs)')
  }
  if (!isImprintOf(token.info, o.data)) throw failed(o.url, 'it stamped something else')
  if (token.certificates.length === 0) throw failed(o.url, 'it left its certificate out')
  return reply
}

/** 128 bits, the first byte from 1 to 127: a positive integer that has one encoding. */
function newNonce(): Buffer {
  const nonce = randomBytes(16)
  nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 1
  return nonce
}

function queryFor(data: Uint8Array, nonce: Buffer): Uint8Array<ArrayBuffer> {
  const hashAlgorithm = new AlgorithmIdentifier({ algorithmId: sha256Id, algorithmParams: new Null() })
  const hashedMessage = new OctetString({ valueHex: bufferOf(createHash('sha256').update(data).digest()) })
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({ hashAlgorithm, hashedMessage }),
    nonce: new Integer({ valueHex: bufferOf(nonce) }),
    certReq: true,
  })
  return new Uint8Array(request.toSchema().toBER())
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

async function exchange(o: TimestampRequest, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const signals = [AbortSignal.timeout(timeLimit), ...(o.signal ? [o.signal] : [])]
  try {
    const response = await (o.fetch ?? fetch)(o.url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body,
      redirect: 'error',
      signal: AbortSignal.any(signals),
    })
    if (!response.ok) throw failed(o.url, `it answered with the HTTP status ${response.status}`)
    return await bounded(o.url, response)
  } catch (cause) {
    if (o.signal?.aborted) throw new RestituteError('interrupted', 'time stamp: interrupted', { cause })
    if (cause instanceof RestituteError) throw cause
    throw failed(o.url, 'it cannot be reached', cause)
  }
}

async function bounded(url: string, { body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > maxSignedBytes) throw failed(url, `it answered with more than ${maxSignedBytes} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function tokenOf(url: string, bytes: Uint8Array): Token {
  const reply = readOrFail(url, bytes)
  if (isGranted(reply) && reply.token !== undefined) return reply.token
  throw failed(url, `it refused (status ${reply.status})`)
}

function readOrFail(url: string, bytes: Uint8Array): ReturnType<typeof readReply> {
  try {
    return readReply(bytes)
  } catch (cause) {
    throw failed(url, 'its answer is no reply of a time-stamping authority', cause)
  }
}

function failed(url: string, why: string, cause?: unknown): RestituteError {
  const { host } = new URL(url)
  return new RestituteError('timestamp-failed', `time stamp: ${host}: ${why}`, {
    hint: 'run the command again; timestamp: in the contract names the authority',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Time-stamps bytes, usually those of a signature file: gives the bytes of the `.tsr` file. */
export type Stamp = (data: Uint8Array) => Promise<Uint8Array>

/**
 * A {@link Stamp} by one authority, whose certificate is known: a reply that nobody could verify later is refused
 * now. Throws what {@link requestTimestamp} throws.
 */
export function stampBy(o: {
  readonly url: string
  /** Files of trusted certificates and revocation lists, PEM or DER. */
  readonly roots: readonly Uint8Array[]
  readonly signal?: AbortSignal
}): Stamp {
  return async (data) => {
    const token = await requestTimestamp({ url: o.url, data, ...(o.signal ? { signal: o.signal } : {}) })
    const verdict = await verifyTimestamp({ token, data, roots: o.roots })
    if (verdict.state === 'good') return token
    throw failed(o.url, `its stamp ${verdict.why}`)
  }
}
