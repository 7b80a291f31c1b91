import type { AcceptedLoss, ReceiptPackage, Tally } from '@restitute/manifest'
import type { Series } from './open-series.ts'

/** What a receipt says of a delivery. */
export interface DeliverySummary {
  /** Each package with the salts of its indexes. */
  readonly packages: readonly ReceiptPackage[]
  /** Source → items and bytes that the client now holds. */
  readonly sources: Readonly<Record<string, Tally>>
  /** Every item that is lost or excluded in its newest state. */
  readonly losses: readonly AcceptedLoss[]
}

/** The facts of a delivery for the client's receipt, from the decrypted indexes. */
export function summariseDelivery(series: Series): DeliverySummary {
  throw new Error(`not yet: ${series.packages.length}`)
}
