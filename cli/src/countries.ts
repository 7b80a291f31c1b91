import { RestituteError } from '@restitute/core'
import type { Dossier } from '@restitute/dossier'
import { type DestinationTerms, isAllowedCountry } from '@restitute/manifest'
import { declaredDestination } from './case.ts'

/** Refuses a destination outside the EEA and the adequate countries for which the contract gives no reason (R25). */
export function refuseCountry(destination: DestinationTerms): void {
  const { name, country } = destination
  if (isAllowedCountry(country) || destination['outside-eea'] !== undefined) return
  throw new RestituteError(
    'country-refused',
    `destination ${name}: ${country} is outside the EEA and has no adequacy decision for the whole country`,
    {
      hint: 'choose another place, or have the contract say why on that destination: outside-eea: "<reason>"',
      details: { country },
    },
  )
}

/**
 * The place where packages are delivered, its country known and allowed (R25): one that the contract declares, by name
 * or URL; else any URL of which somebody said the country. Throws `usage` when nobody did, or when it is said otherwise
 * than in the contract; `country-refused`.
 */
export function deliveryPlace(dossier: Dossier, to: string, said: string | undefined): DestinationTerms {
  const declared = declaredDestination(dossier, to)
  if (said !== undefined && !/^[A-Z]{2}$/.test(said))
    throw new RestituteError('usage', `--country: expected two capital letters such as FR, got "${said}"`)
  if (declared !== undefined && said !== undefined && said !== declared.country)
    throw new RestituteError('usage', `--country ${said}: by the contract ${to} is in ${declared.country}`)
  const place = declared ?? { name: to, url: to, country: said ?? unsaid(to) }
  refuseCountry(place)
  return place
}

function unsaid(to: string): never {
  throw new RestituteError('usage', `${to}: the contract does not say in which country this place is`, {
    hint: 'say it with --country, for instance --country FR, or declare the place under destinations:',
  })
}
