import type { KnownItem } from '@restitute/core'
import type { AcceptedLoss } from '@restitute/manifest'

/** The journals of a delivery, read only, in the order of its packages. */
export interface DeliveredJournals extends Disposable {
  readonly packages: readonly string[]
}

/** Opens the journals of these packages (names, oldest first) in a work folder; `not-found` for one that is not there. */
export function openJournals(workDir: string, packages: readonly string[]): DeliveredJournals {
  throw new Error(`not yet: ${workDir} ${packages.length}`)
}

/**
 * What the client holds of a source after this delivery: every item in its newest delivered state, ascending by id;
 * removed, lost and excluded ones left out. The measure for the guard `unchanged`.
 */
export async function* deliveredItems(journals: DeliveredJournals, source: string): AsyncIterable<KnownItem> {
  throw new Error(`not yet: ${journals.packages.length} ${source}`)
}

/**
 * Every item of the delivery that its newest package states as lost or excluded, as commitments that reveal no
 * name; a loss that a newer package healed does not count. Sources in order of name, items ascending by id.
 */
export function deliveredLosses(journals: DeliveredJournals): AcceptedLoss[] {
  throw new Error(`not yet: ${journals.packages.length}`)
}
