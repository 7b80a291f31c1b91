import profile from '@restitute/manifests/profiles/rules.json' with { type: 'json' }

/** A rule that deadlines come from, with its source. Durations are ISO 8601. */
export interface DeadlineRule {
  /** Document and article. */
  readonly source: string
  /** Whether `text` quotes the source or says it in other words. */
  readonly wording: 'quoted' | 'restated'
  readonly text: string
  /** Floor: how long everything is kept after the delivery. */
  readonly acknowledgement?: string
  /** Ceiling: within what time of the request the delivery must be made. */
  readonly restitution?: string
  /** Floor: between the erasure notice and the destruction. */
  readonly notice?: string
  /** Floor: how long the client may come back for the data after the delivery. */
  readonly retrieval?: string
}

/** Name in `deadlines.rules` of a contract → rule, from `manifests/profiles/rules.json` (R40). */
export const deadlineRules: ReadonlyMap<string, DeadlineRule> = new Map(
  Object.entries(profile.rules as Record<string, DeadlineRule>),
)
