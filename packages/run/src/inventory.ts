import type { ConnectorOf, Progress, SourceSpec, View } from '@restitute/core'
import type { Tally } from '@restitute/manifest'

/** What {@link takeInventory} needs. */
export interface InventoryOptions {
  readonly sources: readonly SourceSpec[]
  readonly connectorOf: ConnectorOf
  readonly signal: AbortSignal
  readonly progress?: Progress
}

/** One source, counted and sized inside one frozen view that is released again. */
export interface SourceInventory {
  readonly name: string
  /** Kind of its connector. */
  readonly kind: string
  readonly view: View
  readonly items: number
  readonly bytes: number
  /** Items by kind, in order of the kind's name. */
  readonly kinds: Readonly<Record<string, Tally>>
  /** Items that could not be delivered, among `items`. */
  readonly lost: number
}

/** Counts every item of these sources, one source after the other; writes nothing. Throws what the connectors throw. */
export async function takeInventory(options: InventoryOptions): Promise<SourceInventory[]> {
  throw new Error(`not yet: ${options.sources.length}`)
}
