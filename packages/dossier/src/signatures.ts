import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isoTime, RestituteError } from '@restitute/core'
import type { Fingerprint, IsoTime } from '@restitute/manifest'
import { type PublicKey, type SignatureVerdict, verifyDetached } from '@restitute/seal'
import type { SigningAnchor } from '@restitute/seal/x509'
import type { LoadedContract } from './contract/loaded.ts'
import { readBounded, readIfThere } from './files.ts'

/** A signature file as it lies beside what it signs. */
export interface SignatureFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** The file `<name>.tsr` beside it: its time stamp. */
  readonly stamp?: Uint8Array
}

/** A good signature. */
export interface Signed extends SignatureFile {
  /** Of the key; by X.509 the SHA-256 of the signer's certificate. */
  readonly fingerprint: Fingerprint
  /** Absent: OpenPGP. */
  readonly form?: 'x509'
  /** Claimed by the signer. */
  readonly signedAt: IsoTime
  /** When a trusted authority stamped it. */
  readonly stampedAt?: IsoTime
}

const maxSignatureBytes = 64 * 1024
const maxSignatures = 32

/**
 * The signature files of a file: `<file>.<anything>.asc` and, as gpg names it, `<file>.asc`; `.p7s` by X.509; each with
 * its time stamp, if it has one; ascending by name.
 */
export async function signatureFiles(file: string): Promise<SignatureFile[]> {
  const name = basename(file)
  const all = await readdir(dirname(file))
  const found = all.filter((other) => other.startsWith(`${name}.`) && /\.(?:asc|p7s)$/.test(other)).sort()
  if (found.length > maxSignatures) {
    throw new RestituteError(
      'hostile-input',
      `${name}: expected at most ${maxSignatures} signatures, got ${found.length}`,
    )
  }
  return Promise.all(found.map((other) => signatureFile(dirname(file), other)))
}

async function signatureFile(folder: string, name: string): Promise<SignatureFile> {
  const bytes = await readBounded(join(folder, name), maxSignatureBytes)
  const stamp = await readIfThere(join(folder, `${name}.tsr`), maxSignatureBytes)
  return { name, bytes, ...(stamp === undefined ? {} : { stamp }) }
}

/**
 * The good signatures over some bytes, one per signer, each judged at the time of its stamp where one of
 * `authorities` (root certificates) made it. A signature by an unknown key counts for nothing, nor does a stamp
 * by an unknown authority; any other that is not good throws `signature-invalid`: a document with a broken
 * signature is not taken on the strength of another. Signatures by X.509 count for nothing without `x509`.
 */
export async function goodSignatures(
  name: string,
  bytes: Uint8Array,
  files: readonly SignatureFile[],
  keys: readonly PublicKey[],
  authorities: readonly Uint8Array[] = [],
  x509?: X509Judge,
): Promise<Signed[]> {
  const good = new Map<Fingerprint, Signed>()
  for (const file of files) {
    const stampedAt = await timeOf(name, file, authorities)
    if (isX509(file)) {
      const signed = x509 && (await x509Signed(name, bytes, file, x509, stampedAt))
      if (signed !== undefined && !good.has(signed.fingerprint)) good.set(signed.fingerprint, signed)
      continue
    }
    for (const verdict of await verifyDetached(bytes, file.bytes, keys, new Date(), stampedAt)) {
      const signed = signedBy(verdict, name, file, stampedAt)
      if (signed !== undefined && !good.has(signed.fingerprint)) good.set(signed.fingerprint, signed)
    }
  }
  return [...good.values()]
}

/** Who may sign by X.509, and since when signatures without a stamp are known to have existed. */
export interface X509Judge {
  readonly anchors: readonly SigningAnchor[]
  readonly at: Date
}

/** Whether a signature file is one by X.509. */
export function isX509({ name }: Pick<SignatureFile, 'name'>): boolean {
  return name.endsWith('.p7s')
}

async function x509Signed(
  name: string,
  data: Uint8Array,
  file: SignatureFile,
  { anchors, at }: X509Judge,
  stampedAt: Date | undefined,
): Promise<Signed | undefined> {
  const { verifyCms } = await import('@restitute/seal/x509')
  const verdict = await verifyCms({ signature: file.bytes, data, anchors, at: stampedAt ?? at })
  if (verdict.state === 'unknown') return undefined
  if (verdict.state !== 'good') {
    throw new RestituteError('signature-invalid', `${name}: the signature ${file.name} ${verdict.why}`, {
      details: { file: file.name, state: verdict.state },
    })
  }
  const { fingerprint, signedAt } = verdict
  const time = stampedAt === undefined ? {} : { stampedAt: isoTime(stampedAt) }
  return { ...file, fingerprint, form: 'x509', signedAt: isoTime(signedAt), ...time }
}

async function timeOf(
  name: string,
  file: SignatureFile,
  roots: readonly Uint8Array[],
): Promise<Date | undefined> {
  if (file.stamp === undefined) return undefined
  const { verifyTimestamp } = await import('@restitute/seal/x509')
  const verdict = await verifyTimestamp({ token: file.stamp, data: file.bytes, roots })
  if (verdict.state === 'good') return verdict.time
  if (verdict.state === 'untrusted') return undefined
  throw new RestituteError('signature-invalid', `${name}: the time stamp ${file.name}.tsr ${verdict.why}`, {
    details: { file: `${file.name}.tsr`, state: verdict.state },
  })
}

function signedBy(
  verdict: SignatureVerdict,
  name: string,
  file: SignatureFile,
  stampedAt: Date | undefined,
): Signed | undefined {
  const { state, fingerprint, signedAt } = verdict
  if (state === 'unknown-key') return undefined
  if (state === 'good' && fingerprint !== undefined && signedAt !== undefined) {
    const time = stampedAt === undefined ? {} : { stampedAt: isoTime(stampedAt) }
    return { ...file, fingerprint, signedAt: isoTime(signedAt), ...time }
  }
  throw new RestituteError('signature-invalid', `${name}: the signature ${file.name} is ${wording[state]}`, {
    details: { file: file.name, state },
    ...(state === 'bad' && { hint: 'where it is of an earlier version: sign anew, or take it away' }),
  })
}

const wording: Readonly<Record<SignatureVerdict['state'], string>> = {
  good: 'without a signer',
  bad: 'not over these bytes',
  'unknown-key': 'by an unknown key',
  'outside-key-life': 'made outside the life of its key',
  weak: 'made with an algorithm that can be forged',
}

/** Every key of a contract, each once. */
export function allKeys({ keys }: LoadedContract): PublicKey[] {
  const all = [keys.host, ...keys.clients, ...[...keys.persons.values()].map(({ key }) => key)]
  return [...new Map(all.map((key) => [key.fingerprint, key])).values()]
}

/** Root certificate and revocation list of the time-stamping authority of a contract; none where it names none. */
export function authoritiesOf({ authority }: LoadedContract): Uint8Array[] {
  if (authority === undefined) return []
  return [authority.certificate, ...(authority.crl === undefined ? [] : [authority.crl])]
}

/** Whether a key signs for the client. */
export function isClient({ keys }: LoadedContract, fingerprint: Fingerprint): boolean {
  return keys.clients.some((key) => key.fingerprint === fingerprint)
}

/** Whether a key signs for the host: its own, or one of its persons'. */
export function isHost({ keys }: LoadedContract, fingerprint: Fingerprint): boolean {
  return keys.host.fingerprint === fingerprint || keys.persons.get(fingerprint)?.person.party === 'host'
}

/** A party to the contract. */
export type Party = 'host' | 'client'

/** Throws `signature-invalid` naming the parties of `wanted` that have not signed. */
export function assertSignedBy(
  terms: LoadedContract,
  name: string,
  signers: readonly Fingerprint[],
  wanted: readonly Party[],
): void {
  const missing = wanted.filter((party) => !signers.some((one) => signsFor(terms, one, party)))
  if (missing.length === 0) return
  throw new RestituteError(
    'signature-invalid',
    `${name}: no good signature of the ${missing.join(' and the ')}`,
    {
      hint: `lay the detached signature beside it as ${name}.<fingerprint>.asc`,
      details: { missing },
    },
  )
}

function signsFor(terms: LoadedContract, fingerprint: Fingerprint, party: Party): boolean {
  return party === 'client' ? isClient(terms, fingerprint) : isHost(terms, fingerprint)
}
