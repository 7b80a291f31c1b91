import profile from '@restitute/manifests/profiles/charges.json' with { type: 'json' }

/** What a host may ask money for: bytes that leave, hours of work, a fixed sum. */
export type ChargeKind = 'transfer' | 'work' | 'fixed'

/** A law that forbids charging, with its source. */
export interface ChargeLaw {
  readonly source: string
  readonly wording: 'quoted' | 'restated'
  readonly text: string
  /** Day (UTC) from which it applies. */
  readonly from: string
  readonly covers: readonly ChargeKind[]
}

/** Name in `costs.laws` of a contract → law, from `manifests/profiles/charges.json` (R41). */
export const chargeLaws: ReadonlyMap<string, ChargeLaw> = new Map(
  Object.entries(profile.laws as Record<string, ChargeLaw>),
)
