import { destinationOf } from '../../cli/src/destinations.ts'
import { type Destination, type DestinationSpec, RestituteError } from '../../packages/core/src/index.ts'

/** What opens every folder of {@link lockedDestinationOf}. */
export const folderSecret = 'hunter2-opens-the-folder'

/** Folders that open to {@link folderSecret} only. */
export async function lockedDestinationOf(place: DestinationSpec): Promise<Destination> {
  if (place.secret === folderSecret) return destinationOf(place)
  throw new RestituteError('destination-unreachable', `${place.url}: locked`)
}
