import type { Fingerprint, IsoTime } from '@restitute/manifest'
import type { Stamp } from '@restitute/seal/x509'
import type { LoadedContract } from './contract/loaded.ts'
import type { SignatureFile, Signed } from './signatures.ts'

/**
 * How signatures are time-stamped under a contract; undefined where it names no authority. The stamp throws
 * `timestamp-failed` when the authority cannot be reached or its answer would not verify.
 */
export function stampUnder({ authority }: LoadedContract, signal?: AbortSignal): Stamp | undefined {
  if (authority === undefined) return undefined
  const { url, certificate, crl } = authority
  const roots = [certificate, ...(crl === undefined ? [] : [crl])]
  const request = { url, roots, ...(signal === undefined ? {} : { signal }) }
  return async (bytes) => (await import('@restitute/seal/x509')).stampBy(request)(bytes)
}

/**
 * The same signatures, each with a stamp: its own if it has a good one, else a new one. `judge` judges them again:
 * one whose key had expired by then throws, since nobody could tell later when it was made.
 */
export async function withStamps(
  signed: readonly Signed[],
  stamp: Stamp | undefined,
  judge: (files: readonly SignatureFile[]) => Promise<readonly Signed[]>,
): Promise<readonly Signed[]> {
  if (stamp === undefined) return signed
  const files: SignatureFile[] = []
  for (const { name, bytes, stampedAt, stamp: own } of signed) {
    const kept = stampedAt === undefined ? undefined : own
    files.push({ name, bytes, stamp: kept ?? (await stamp(bytes)) })
  }
  return judge(files)
}

/** Signatures and stamps as `storeDocument` takes them. */
export interface SignatureMaps {
  readonly signatures: ReadonlyMap<Fingerprint, Uint8Array>
  readonly stamps: ReadonlyMap<Fingerprint, Uint8Array>
  /** Those of the signers who signed by X.509. */
  readonly x509: ReadonlySet<Fingerprint>
}

/** By signer. */
export function signatureMaps(
  signed: readonly (Pick<SignatureFile, 'bytes' | 'stamp'> & Pick<Signed, 'fingerprint' | 'form'>)[],
): SignatureMaps {
  return {
    signatures: new Map(signed.map(({ fingerprint, bytes }) => [fingerprint, bytes])),
    stamps: new Map(signed.flatMap(({ fingerprint, stamp }) => (stamp ? [[fingerprint, stamp]] : []))),
    x509: new Set(signed.filter(({ form }) => form === 'x509').map(({ fingerprint }) => fingerprint)),
  }
}

/** A signature made just now, armored, with its stamp where the contract names an authority. */
export async function stampedSignature(
  terms: LoadedContract,
  fingerprint: Fingerprint,
  armored: string,
  signal?: AbortSignal,
): Promise<SignatureMaps> {
  const bytes = new Uint8Array(Buffer.from(armored))
  const stamp = await stampUnder(terms, signal)?.(bytes)
  return signatureMaps([{ fingerprint, bytes, ...(stamp === undefined ? {} : { stamp }) }])
}

/** When the last of these signatures was stamped; undefined unless all were. */
export function stampedTime(signed: readonly Signed[]): IsoTime | undefined {
  if (signed.some(({ stampedAt }) => stampedAt === undefined)) return undefined
  return signed
    .map(({ stampedAt = '' }) => stampedAt)
    .sort()
    .at(-1)
}
