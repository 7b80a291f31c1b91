import { RestituteError } from '@restitute/core'
import type { Dossier } from '@restitute/dossier'
import type { DestinationTerms } from '@restitute/manifest'
import { packageUrl } from '@restitute/run'
import { sameFolder } from './destinations.ts'
import { openPlace } from './places.ts'
import type { Session } from './session.ts'

/**
 * Refuses (`destination-unreachable`) while a place into which the operation's packages were put, as the ledger tells, cannot be
 * looked into: what lies on a disk that is not mounted would be in no order, and in no certificate.
 */
export async function refuseAbsentPlaces(
  session: Session,
  { terms: { contract }, ledger }: Dossier,
  operation: string,
): Promise<void> {
  const own = ledger.events().filter((event) => event.operation === operation)
  const isPut = ({ url }: DestinationTerms): boolean =>
    own.some(({ body: { place } }) => typeof place === 'string' && sameFolder(place, url))
  for (const terms of contract.destinations.filter(isPut)) {
    // Any package's folder will do: what it would lie in is looked for.
    const inside = await openPlace(session, contract.destinations, packageUrl(terms.url, operation))
    if (!(await inside.parentIsThere())) throw absent(terms)
  }
}

function absent({ name, url }: DestinationTerms): RestituteError {
  return new RestituteError(
    'destination-unreachable',
    `destination ${name}: expected the place that packages were put into, got nothing at ${url}`,
    { hint: 'mount it first: what lies there would be in no order to destroy' },
  )
}
