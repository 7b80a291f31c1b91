import type { X509Certificate } from 'node:crypto'
import { BitString, fromBER } from 'asn1js'
import { BasicConstraints, Certificate, type Extension, ExtKeyUsage } from 'pkijs'
import { isStrongKey, isStrongSignature } from './algorithms.ts'

const keyUsageId = '2.5.29.15'
const basicConstraintsId = '2.5.29.19'
const certificatePoliciesId = '2.5.29.32'
const extendedKeyUsageId = '2.5.29.37'
/** The extended key usage of those who sign time stamps. */
export const timeStamping = '1.3.6.1.5.5.7.3.8'
const anyUsage = '2.5.29.37.0'

/** The critical extensions whose meaning is honoured, or (policies) does not restrict a chain. */
const understood: ReadonlySet<string> = new Set([
  keyUsageId,
  basicConstraintsId,
  certificatePoliciesId,
  extendedKeyUsageId,
])

/** The first two bits of a key usage, digitalSignature and nonRepudiation: nothing else belongs to a time-stamping key. */
export const signingBits = 0xc0

/** Whether its own dates include that moment. */
export function isValidAt({ validFromDate, validToDate }: X509Certificate, at: Date): boolean {
  return validFromDate <= at && at <= validToDate
}

/** The same certificate as the library reads it. */
export function detailsOf(certificate: X509Certificate): Certificate {
  return new Certificate({ schema: fromBER(certificate.raw).result })
}

/**
 * Why a certificate cannot be that of an authority that signs time stamps: RFC 3161 §2.3 asks for the extended key
 * usage timeStamping, critical and alone. Undefined when it can.
 */
export function authorityProblem(certificate: X509Certificate): string | undefined {
  const details = detailsOf(certificate)
  const usage = extension(details, extendedKeyUsageId)
  const purposes = usage?.parsedValue instanceof ExtKeyUsage ? usage.parsedValue.keyPurposes : []
  if (!purposes.includes(timeStamping)) return 'its certificate is not for time stamping'
  if (!usage?.critical) return 'the usage of its certificate is not critical'
  if (purposes.length > 1) return 'its certificate serves other purposes too'
  if (!signsOnly(details)) return 'the key usage of its certificate is not that of an authority'
  return unfitness(certificate, details)
}

function signsOnly(details: Certificate): boolean {
  const usage = extension(details, keyUsageId)
  if (usage === undefined) return true
  const bits: unknown = usage.parsedValue
  const [first = 0, ...rest] = bits instanceof BitString ? bits.valueBlock.valueHexView : []
  return (first & signingBits) !== 0 && [first & ~signingBits, ...rest].every((byte) => byte === 0)
}

/**
 * Why a certificate cannot stand in a chain below a trusted one: weak, or with a condition that is not understood.
 */
export function unfitness(
  certificate: X509Certificate,
  details: Certificate = detailsOf(certificate),
): string | undefined {
  if (!isStrongKey(certificate.publicKey)) return 'its key is too weak'
  if (!isStrongSignature(details.signatureAlgorithm)) return 'its certificate is signed with a weak algorithm'
  const strange = (details.extensions ?? []).find(
    ({ critical, extnID }) => critical && !understood.has(extnID),
  )
  return strange && `its certificate has a critical extension ${strange.extnID} that is not understood`
}

/** How many certificates of authorities may follow below this one; undefined when it is no authority for these purposes. */
export function depthBelow(certificate: X509Certificate, purposes: readonly string[]): number | undefined {
  const details = detailsOf(certificate)
  if (!certificate.ca || !isFor(details, purposes)) return undefined
  const basic = extension(details, basicConstraintsId)?.parsedValue
  const limit = basic instanceof BasicConstraints ? basic.pathLenConstraint : undefined
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
}

/** Whether a certificate that states extended key usages states one of these, or any; one that states none is for all. */
export function isFor(details: Certificate, purposes: readonly string[]): boolean {
  const usage = extension(details, extendedKeyUsageId)
  if (usage === undefined) return true
  const stated = usage.parsedValue instanceof ExtKeyUsage ? usage.parsedValue.keyPurposes : []
  return [anyUsage, ...purposes].some((purpose) => stated.includes(purpose))
}

/** The first byte of the key usage; undefined for a certificate that states none. */
export function keyUsageOf(details: Certificate): number | undefined {
  const usage = extension(details, keyUsageId)
  if (usage === undefined) return undefined
  const bits: unknown = usage.parsedValue
  return bits instanceof BitString ? (bits.valueBlock.valueHexView[0] ?? 0) : 0
}

/** `CN=…, O=…`: the library gives one part per line, control characters escaped. */
export function nameOf({ subject }: X509Certificate): string {
  return (subject ?? '').split('\n').reverse().join(', ')
}

function extension({ extensions }: Certificate, id: string): Extension | undefined {
  return extensions?.find(({ extnID }) => extnID === id)
}
