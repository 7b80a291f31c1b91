import type { X509Certificate } from 'node:crypto'
import type { Certificate } from 'pkijs'
import { isStrongKey } from '../x509/algorithms.ts'
import { detailsOf, isFor, keyUsageOf, signingBits, unfitness } from '../x509/certificates.ts'

/** Extended key usages that let somebody sign documents: e-mail, and documents as three bodies call it. */
export const documentSigning: readonly string[] = [
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.4.1.311.10.3.12',
  '1.2.840.113583.1.1.5',
]

/** What a person's own key must have at least (R22), as an OpenPGP key must. */
const minimumRsaBits = 3072

/** Why a certificate cannot be one that a person signs documents with: a sentence without full stop. Undefined when it can. */
export function signerProblem(certificate: X509Certificate): string | undefined {
  const details = detailsOf(certificate)
  if (certificate.ca) return 'its certificate is that of an authority, which signs no documents'
  if (((keyUsageOf(details) ?? signingBits) & signingBits) === 0)
    return 'the key usage of its certificate does not allow signatures'
  if (!isFor(details, documentSigning)) return 'its certificate is for other purposes than signing documents'
  if (!isStrongKey(certificate.publicKey, minimumRsaBits))
    return `its key is too weak: RSA of ${minimumRsaBits} bits, P-256 or more is expected`
  return unfitness(certificate, details)
}

/** Attributes of a subject by which a contract can name a signer, and their identifiers (X.520). */
export const subjectAttributes: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  serialNumber: '2.5.4.5',
  organizationIdentifier: '2.5.4.97',
  emailAddress: '1.2.840.113549.1.9.1',
}

/** Whether a certificate's subject has every attribute named, with exactly that value. */
export function hasSubject(certificate: X509Certificate, wanted: Readonly<Record<string, string>>): boolean {
  const { subject } = detailsOf(certificate)
  return Object.entries(wanted).every(([name, value]) =>
    valuesOf(subject, subjectAttributes[name]).includes(value),
  )
}

function valuesOf({ typesAndValues }: Certificate['subject'], id: string | undefined): unknown[] {
  return typesAndValues.filter(({ type }) => type === id).map(({ value }) => value.valueBlock.value)
}
