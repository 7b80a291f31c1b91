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
  { terms, ledger }: Dossier,
  operation: string,
): Promise<void> {
  const { destinations } = terms.contract
  const put = ledger.events().filter((event) => event.operation === operation)
  for (const terms of destinations) {
    if (!put.some(({ body }) => typeof body['place'] === 'string' && sameFolder(body['place'], terms.url)))
      continue
    const place = await openPlace(session, destinations, packageUrl(terms.url, operation))
    if (!(await place.parentIsThere())) throw absent(terms)
  }
}

function absent({ name, url }: DestinationTerms): RestituteError {
  return new RestituteError(
    'destination-unreachable',
    `destination ${name}: expected the place that packages were put into, got nothing at ${url}`,
    { hint: 'mount it first: what lies there would be in no order to destroy' },
  )
}
