import profile from '@restitute/manifests/profiles/rules.json' with { type: 'json' }

/** Moments in an operation, in their order; a deadline runs from one to a later one. */
export const milestones = [
  'requested',
  'answered',
  'justified',
  'transition',
  'delivered',
  'ended',
  'consented',
  'noticed',
  'destroyed',
] as const

/**
 * One of {@link milestones}. `answered`: the request is acknowledged; `justified`: the client is told why it
 * will take longer; `transition`: the notice that the client gives before switching is over; `ended`: the end
 * of the contract; `consented`: the client asks for the erasure; `noticed`: the formal erasure notice.
 */
export type Milestone = (typeof milestones)[number]

/** What a deadline is about; a contract's own durations have the same names. */
export type DeadlineName =
  | 'acknowledgement'
  | 'answer'
  | 'destruction'
  | 'justification'
  | 'notice'
  | 'restitution'
  | 'retrieval'
  | 'switching'

/** One duration that a rule sets between two moments. */
export interface DeadlineTerm {
  readonly name: DeadlineName
  /** `floor`: `to` may not come earlier than that; `ceiling`: it may not come later. */
  readonly bound: 'floor' | 'ceiling'
  /** The moment that it counts from. */
  readonly from: Milestone
  readonly to: Milestone
  /** ISO 8601. */
  readonly duration: string
  /** Whether its days are calendar days or French working days (Monday to Friday but for public holidays). */
  readonly days: 'calendar' | 'working'
  /** Whether the party that it protects may do without. */
  readonly waivable: boolean
  /** A ceiling that covers backups by its own words. */
  readonly backups?: true
}

/** A rule that deadlines come from, with its source. */
export interface DeadlineRule {
  /** Document and article. */
  readonly source: string
  /** Whether `text` quotes the source or says it in other words. */
  readonly wording: 'quoted' | 'restated'
  readonly text: string
  /** How the terms were read out of a text that can be read otherwise, in the language of the text. */
  readonly reading?: string
  readonly terms: readonly DeadlineTerm[]
  /** Deadlines that the contract must state, in its own words or through another rule. */
  readonly requires?: readonly DeadlineName[]
}

/** A step that the host takes while the client is silent; `after` (ISO 8601) counts from the delivery. */
export interface SilenceStep {
  readonly action: 'remind-client' | 'remind-again' | 'escalate' | 'send-registered-notice' | 'keep-held'
  readonly after: string
}

/**
 * Name in `deadlines.rules` of a contract → rule, from `manifests/profiles/rules.json` (R40). The rule with the
 * name of the contract's own `profile` always applies.
 */
export const deadlineRules: ReadonlyMap<string, DeadlineRule> = new Map(
  Object.entries(profile.rules as Record<string, DeadlineRule>),
)

/** What the host does while the client is silent, in order; the times are this project's own choice (R31). */
export const silenceSteps: readonly SilenceStep[] = profile.silence as readonly SilenceStep[]
