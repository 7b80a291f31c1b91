import type { X509Certificate } from 'node:crypto'
import { Enumerated, fromBER } from 'asn1js'
import type { CertificateRevocationList, RevokedCertificate } from 'pkijs'
import { detailsOf } from './certificates.ts'

/** What revocation lists say of a chain. */
export interface Revocation {
  /** Every certificate below the trusted one was looked up; the lists are of this moment or later. */
  readonly listedAt?: Date
  /** One was revoked at this moment, for a reason that leaves stamps from before it good (RFC 3161 §4). */
  readonly revokedAt?: Date
  /** Why no stamp of it proves anything any more: a sentence without subject or full stop. */
  readonly void?: string
}

const reasonId = '2.5.29.21'
/** unspecified, affiliationChanged, superseded, cessationOfOperation: the key was in the right hands until then. */
const harmless: ReadonlySet<number> = new Set([0, 3, 4, 5])
/** certificateHold: the only reason that can be taken back. */
const onHold = 6

/**
 * Looks each certificate of a chain (leaf first, the trusted one last) up in the list of its issuer. `at`: when the
 * stamp was made. Lists that are not signed by that issuer, or that have a critical extension (partial, indirect), count
 * for nothing. Of several by one issuer, the newest that names the certificate counts.
 */
export async function revocationOf(
  chain: readonly X509Certificate[],
  lists: readonly CertificateRevocationList[],
  at: Date,
): Promise<Revocation> {
  const listed: Date[] = []
  const revoked: Date[] = []
  for (const [i, certificate] of chain.slice(0, -1).entries()) {
    const own = await listsOf(chain[i + 1], lists)
    const [newest] = own
    if (newest === undefined) continue
    listed.push(newest.thisUpdate.value)
    const entry = entryIn(own, certificate)
    if (entry === undefined) continue
    const date = entry.revocationDate.value
    if (!harmless.has(reasonOf(entry) ?? -1) || date <= at) return { void: voided(date) }
    revoked.push(date)
  }
  return {
    ...(listed.length > 0 && listed.length === chain.length - 1 ? { listedAt: earliest(listed) } : {}),
    ...(revoked.length > 0 ? { revokedAt: earliest(revoked) } : {}),
  }
}

/** Those of the issuer, newest first. */
async function listsOf(
  issuer: X509Certificate | undefined,
  lists: readonly CertificateRevocationList[],
): Promise<CertificateRevocationList[]> {
  if (issuer === undefined) return []
  const issuerCertificate = detailsOf(issuer)
  const usable: CertificateRevocationList[] = []
  for (const list of lists) {
    if (list.crlExtensions?.extensions.some(({ critical }) => critical)) continue
    if (!list.issuer.isEqual(issuerCertificate.subject)) continue
    if (await list.verify({ issuerCertificate }).catch(() => false)) usable.push(list)
  }
  return usable.sort((a, b) => b.thisUpdate.value.getTime() - a.thisUpdate.value.getTime())
}

/**
 * The newest entry. A later list may leave out what has expired since (RFC 5280 §3.3), and an older one then still says
 * that it was revoked; only a hold can be lifted.
 */
function entryIn(
  lists: readonly CertificateRevocationList[],
  certificate: X509Certificate,
): RevokedCertificate | undefined {
  const entries = lists.map((list) => entryFor(certificate, list))
  return entries.find((entry, i) => entry !== undefined && (i === 0 || reasonOf(entry) !== onHold))
}

function entryFor(
  certificate: X509Certificate,
  { revokedCertificates = [] }: CertificateRevocationList,
): RevokedCertificate | undefined {
  const serial = BigInt(`0x${certificate.serialNumber}`)
  return revokedCertificates.find(
    ({ userCertificate }) => BigInt(`0x${hex(userCertificate.valueBlock.valueHexView)}`) === serial,
  )
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Undefined where the list gives none: such a key may have been in other hands all along. */
function reasonOf({ crlEntryExtensions }: RevokedCertificate): number | undefined {
  const found = crlEntryExtensions?.extensions.find(({ extnID }) => extnID === reasonId)
  if (found === undefined) return undefined
  const { result } = fromBER(found.extnValue.valueBlock.valueHexView)
  return result instanceof Enumerated ? result.valueBlock.valueDec : undefined
}

function voided(date: Date): string {
  return `is by a certificate that was revoked on ${date.toISOString().slice(0, 10)}, for a reason, or at a time, that voids it`
}

function earliest(dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map((date) => date.getTime())))
}
