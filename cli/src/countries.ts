import { RestituteError } from '@restitute/core'
import { type DestinationTerms, isAllowedCountry } from '@restitute/manifest'

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
