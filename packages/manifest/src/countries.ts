import profile from '@restitute/manifests/profiles/countries.json' with { type: 'json' }

const allowed: ReadonlySet<string> = new Set(Object.values(profile.lists).flatMap((list) => list.countries))

/**
 * Whether health data may go to a country (ISO 3166-1 alpha-2) without more being said: it lies in the European Economic
 * Area or is adequate as a whole (R25), by `manifests/profiles/countries.json`.
 */
export function isAllowedCountry(country: string): boolean {
  return allowed.has(country)
}
