import { isoTime } from '@restitute/core'
import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { bodyText } from './event-body.ts'
import { after } from './starts.ts'

/** What is known of the host's certification (R46). */
export interface Certification {
  readonly state: 'valid' | 'expiring' | 'expired' | 'lost' | 'unknown'
  /** When it ends, or ended. */
  readonly at?: IsoTime
}

const warning = 'P90D'

/**
 * Where the host's certification stands: from the dates of the contract, and the events that it was lost.
 * `expiring`: within ninety days. What was lost is there again once a contract names a certificate that was issued on a
 * later day. Its loss or expiry opens the client's right to reversibility. Pure.
 */
export function certificationOf(
  { contract }: LoadedContract,
  events: readonly LedgerEvent[],
  now: Date,
): Certification {
  const lost = events.findLast(({ type }) => type === 'certification-lost')
  const { issued = '', expires } = contract.parties.host.certificate ?? {}
  if (lost !== undefined && issued <= lost.at.slice(0, 10)) return { state: 'lost', at: lost.at }
  if (expires === undefined) return { state: 'unknown' }
  // Its last day counts whole.
  const at = after(`${expires}T00:00:00Z`, 'P0D')
  if (isoTime(now) >= at) return { state: 'expired', at }
  return { state: after(isoTime(now), warning) >= at ? 'expiring' : 'valid', at }
}

/** Whether the client has asked for its data since, for this reason or any other that ends the contract. */
export function isReversibilityUsed(events: readonly LedgerEvent[], since: IsoTime): boolean {
  return events.some(
    ({ type, body, at }) => type === 'requested' && at >= since && bodyText(body, 'reason') !== 'on-demand',
  )
}
