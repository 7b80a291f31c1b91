import { openPackage, type Package } from '@restitute/archive'
import { type DestinationSpec, RestituteError } from '@restitute/core'
import { typedPlace } from './places.ts'
import type { Session } from './session.ts'

/** A package with the way back to it, for worker threads. */
export interface PlacedPackage extends Package {
  readonly place: DestinationSpec
}

/** Opens packages by path or URL, in the order of their place in the delivery. */
export async function openPackages(session: Session, paths: readonly string[]): Promise<PlacedPackage[]> {
  if (paths.length === 0) throw new RestituteError('usage', 'expected at least one package')
  const packages = await Promise.all(paths.map((path) => openOne(session, path)))
  return packages.sort((a, b) => a.manifest.sequence - b.manifest.sequence)
}

async function openOne(session: Session, path: string): Promise<PlacedPackage> {
  const place = await typedPlace(session, path)
  return { ...(await openPackage(await session.destinationOf(place))), place }
}
