import type { ConnectorOf } from '@restitute/core'
import { type DestinationOf, destinationOf } from '../destinations.ts'

/**
 * What a worker module calls, once, in its thread: from then on it does what the export in the main thread asks.
 * `destinations` finds the destination of a URL; by default the directory destination only.
 */
export function serveWorker(connectorOf: ConnectorOf, destinations: DestinationOf = destinationOf): void {
  throw new Error(`not yet: ${connectorOf.length} ${destinations.length}`)
}
