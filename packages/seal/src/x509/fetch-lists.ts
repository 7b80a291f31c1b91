import type { X509Certificate } from 'node:crypto'
import { RestituteError } from '@restitute/core'
import { CRLDistributionPoints } from 'pkijs'
import { attempt } from '../attempt.ts'
import { readReply } from '../timestamp/reply.ts'
import { detailsOf, timeStamping } from './certificates.ts'
import { chainTo } from './chain.ts'
import { maxListBytes, readTrustFile } from './trust-file.ts'

/** What {@link fetchRevocationLists} is told. */
export interface ListsToFetch {
  /** Time stamps (`.tsr`) whose authorities are meant. */
  readonly tokens: readonly Uint8Array[]
  /** Files of trusted certificates, PEM or DER. */
  readonly roots: readonly Uint8Array[]
  readonly signal?: AbortSignal
}

const distributionPointsId = '2.5.29.31'
const uniformResourceIdentifier = 6
const limits = { lists: 8, milliseconds: 15_000 }

/**
 * Fetches the revocation lists that certificates name as their distribution points (RFC 5280 §4.2.1.13), once each: those of
 * the authorities of these time stamps, as far as a trusted certificate vouches for them, since the address comes from a file.
 * Over `http:` or `https:`, without redirection, 8 MiB and 15 s at most. What comes is not trusted: a list counts only when
 * its issuer has signed it, which is judged where it is used. Throws `timestamp-failed` when one cannot be had.
 */
export async function fetchRevocationLists(o: ListsToFetch): Promise<Uint8Array[]> {
  const roots = o.roots.flatMap((bytes) => readTrustFile(bytes).certificates)
  const vouched = o.tokens.flatMap((token) => vouchedFor(token, roots))
  const urls = [...new Set([...roots, ...vouched].flatMap(distributionPoints))].slice(0, limits.lists)
  return Promise.all(urls.map((url) => fetchList(url, o.signal)))
}

/** The certificates of a stamp that lead to a trusted one, at the moment of the stamp. */
function vouchedFor(bytes: Uint8Array, roots: readonly X509Certificate[]): X509Certificate[] {
  const token = attempt(() => readReply(bytes).token)
  if (token === undefined) return []
  const terms = { at: token.info.genTime, purposes: [timeStamping] }
  return token.certificates.filter(
    (one) => attempt(() => chainTo(one, roots, token.certificates, terms)) !== undefined,
  )
}

function distributionPoints(certificate: X509Certificate): string[] {
  const { extensions = [] } = detailsOf(certificate)
  const points: unknown = extensions.find(({ extnID }) => extnID === distributionPointsId)?.parsedValue
  if (!(points instanceof CRLDistributionPoints)) return []
  return points.distributionPoints.flatMap(({ distributionPoint }) => {
    const names = Array.isArray(distributionPoint) ? distributionPoint : []
    return names.flatMap(({ type, value }) =>
      type === uniformResourceIdentifier && isWeb(value) ? [value] : [],
    )
  })
}

function isWeb(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value)
}

async function fetchList(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const signals = [AbortSignal.timeout(limits.milliseconds), ...(signal ? [signal] : [])]
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.any(signals) })
    if (!response.ok) throw new Error(`it answered with the HTTP status ${response.status}`)
    const bytes = await bounded(response)
    readTrustFile(bytes)
    return bytes
  } catch (cause) {
    if (signal?.aborted) throw new RestituteError('interrupted', 'revocation list: interrupted', { cause })
    const why = cause instanceof Error ? cause.message : 'it cannot be reached'
    throw new RestituteError('timestamp-failed', `revocation list: ${new URL(url).host}: ${why}`, {
      cause,
      hint: 'give a list as a file instead: --timestamp-root <crl>',
    })
  }
}

async function bounded({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > maxListBytes) throw new Error(`it answered with more than ${maxListBytes} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
