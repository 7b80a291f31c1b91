import { isoTime, RestituteError } from '@restitute/core'
import { type Checkpoint, type IsoTime, type LedgerEvent, type Sha256, sha256Hex } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { bodyText } from './event-body.ts'
import type { DossierPaths } from './paths.ts'
import { authoritiesOf } from './signatures.ts'
import { findDocument, storeDocument } from './signed-documents.ts'
import { stampUnder } from './stamping.ts'

/** What time a time-stamping authority says it is, and its proof. */
export interface StampedMoment {
  readonly at: IsoTime
  /** Its reply, DER. */
  readonly token: Uint8Array
}

/** How far apart the clocks of host and authority may be, in milliseconds. */
export const clockTolerance: number = 5 * 60_000

/**
 * Asks the authority of a contract what time it is: a stamp over the digest of the ledger's last line. Whatever is
 * signed with the token's digest in it was signed later than that. Undefined where the contract names none; throws
 * `timestamp-failed`.
 */
export async function askTime(
  terms: LoadedContract,
  head: Checkpoint | undefined,
  signal?: AbortSignal,
): Promise<StampedMoment | undefined> {
  const stamp = stampUnder(terms, signal)
  if (stamp === undefined || terms.authority === undefined) return undefined
  const data = stampedData(head?.sha256 ?? '')
  const token = await stamp(data)
  return { at: await timeIn(token, data, authoritiesOf(terms)), token }
}

/** The digest in hexadecimal digits, so that anybody can write the file that was stamped. */
function stampedData(sha256: string): Uint8Array {
  return Buffer.from(sha256)
}

async function timeIn(token: Uint8Array, data: Uint8Array, roots: readonly Uint8Array[]): Promise<IsoTime> {
  const { verifyTimestamp } = await import('@restitute/seal/x509')
  const verdict = await verifyTimestamp({ token, data, roots })
  if (verdict.state === 'good') return isoTime(verdict.time)
  throw new RestituteError('timestamp-failed', `the time stamp ${verdict.why}`)
}

/** What an event says that began at such a moment, once its token lies in `documents/`; nothing without one. */
export async function keepMoment(
  dossier: { readonly paths: DossierPaths },
  moment: StampedMoment | undefined,
): Promise<{ readonly stampedAt?: IsoTime; readonly stampSha256?: Sha256 }> {
  if (moment === undefined) return {}
  const stem = `clock-${sha256Hex(moment.token)}`
  const { sha256 } = await storeDocument({
    dossier,
    stem,
    extension: 'tsr',
    bytes: moment.token,
    signatures: new Map(),
  })
  return { stampedAt: moment.at, stampSha256: sha256 }
}

/** Throws unless the token that an event names lies there, is over the line before it, and says that time. */
export async function checkMoment(
  paths: DossierPaths,
  { body, previous }: LedgerEvent,
  roots: readonly Uint8Array[],
): Promise<void> {
  const stored = await findDocument(paths, bodyText(body, 'stampSha256'))
  if (stored === undefined) throw new Error('documents/ does not hold its time stamp')
  const at = await timeIn(stored.bytes, stampedData(previous), roots)
  if (at !== body['stampedAt']) throw new Error('its stampedAt is not the time of its stamp')
}
