import type { JsonObject, Kept } from '@restitute/core'
import type { KeptPart } from '@restitute/manifest'

/** What stays, as the ledger and the certificate say it. */
export function keptJson(kept: readonly Kept[]): readonly (KeptPart & JsonObject)[] {
  return kept.map(({ reason, count, until }) => ({
    reason,
    count,
    ...(until === undefined ? {} : { until }),
  }))
}
