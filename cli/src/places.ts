import type { Destination, DestinationSpec } from '@restitute/core'
import { destinationSpec, refusePassword } from '@restitute/dossier'
import type { DestinationTerms } from '@restitute/manifest'
import { packageUrl } from '@restitute/run'
import { liesIn, placeUrl } from './destinations.ts'
import type { Session } from './session.ts'

/** A package's folder as somebody typed it, a URL or a plain path, with the secret that `--secret` refers to. */
export async function typedPlace({ secret }: Session, typed: string): Promise<DestinationSpec> {
  const url = placeUrl(typed)
  refusePassword(url)
  return destinationSpec({ url, ...(secret !== undefined && !url.startsWith('directory:') && { secret }) })
}

/** Opens {@link typedPlace}. */
export async function openTyped(session: Session, typed: string): Promise<Destination> {
  return session.destinationOf(await typedPlace(session, typed))
}

/** Opens the folder of a package, or anything else in a destination of the contract, with the secret of that destination. */
export async function openPlace(
  session: Session,
  destinations: readonly DestinationTerms[],
  url: string,
): Promise<Destination> {
  const { secret } = destinations.find((terms) => liesIn(url, terms.url)) ?? {}
  return session.destinationOf(await destinationSpec({ url, ...(secret === undefined ? {} : { secret }) }))
}

/** Opens the folder of a package in a destination. */
export async function openPackagePlace(
  session: Session,
  place: DestinationSpec,
  name: string,
): Promise<Destination> {
  return session.destinationOf({ ...place, url: packageUrl(placeUrl(place.url), name) })
}
