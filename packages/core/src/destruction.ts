import type { Json } from './json.ts'
import type { Parts, PartsThere } from './parts.ts'

/**
 * Something that stays although its copy is destroyed: `legally-retained` until the system lets go of it, or `shared`
 * with others. Without names, since it goes into the certificate.
 */
export interface Kept {
  readonly reason: 'legally-retained' | 'shared'
  /** Object versions, layers, … */
  readonly count: number
  /** ISO 8601 UTC: when the last of it may be destroyed; absent where no date is set. */
  readonly until?: string
}

/** What one step of a destruction did. */
export interface DestroyStep {
  readonly action: string
  readonly object: string
  /** Bytes, rows, objects, … that it concerned. */
  readonly count?: number
  /** The number that the system itself gave to the request, for who asks there later. */
  readonly request?: string
  /** The step says what stays and why, instead of what was destroyed. */
  readonly kept?: Kept
}

/** What an order allows beyond plain destruction. */
export interface DestroyerOptions {
  /** Locks that an authorised account may lift (S3: mode GOVERNANCE) are lifted. */
  readonly bypassGovernance?: true
}

/** Destroys one copy. Its credentials are separate and asked for only when a destruction is authorised (R53). */
export interface Destroyer extends AsyncDisposable {
  /** Empty where there is nothing that has one. */
  readonly fingerprint: string
  /** Identity of the server on which the copy lies: there, and the same, when the copy is gone. Absent where none is told. */
  readonly server?: string
  /** A number of that server that only grows, over restarts, too: one that is behind it is another server by the same name. Absent where none is told. */
  readonly age?: number
  /** The system itself is gone; what was declared to belong to it alone (roles, accounts) is left, and has no fingerprint. */
  readonly onlyBelongings?: boolean
  /** Where its system stood when it was opened: a source may be read on another one, which follows that. Absent where none does. */
  readonly stand?: Json
  /** By what its parts are known again when they are moved within their system. Absent where they cannot be. */
  readonly parts?: Parts
  /** What `destroy` would do, without doing it. */
  plan(signal: AbortSignal): AsyncIterable<DestroyStep>
  /**
   * Idempotent: what is already gone is no error. Yields each step once it is done. An error with `details.untouched` says that
   * nothing of the copy is gone or changed.
   */
  destroy(signal: AbortSignal): AsyncIterable<DestroyStep>
  readonly method: DestructionMethod
}

/** Truthful name of a method (R37). */
export interface DestructionMethod {
  /** NIST SP 800-88 category, or `none`: "deletion, no sanitization claimed". */
  readonly category: 'none' | 'clear' | 'purge' | 'cryptographic-erase'
  /** For instance `unlink`, `overwrite once with zeros, then unlink`. */
  readonly technique: string
  /** What this method cannot promise, one sentence each. */
  readonly limits: readonly string[]
}

/** What a prober sees. `could-not-check` is never "gone". */
export interface Sighting {
  readonly state: 'present' | 'absent' | 'could-not-check'
  /** Present only when the copy was seen. */
  readonly fingerprint?: string
  /** Identity of the server that answered, as {@link Destroyer.server}; it may go on where an earlier version ended. */
  readonly server?: string
  /** Its age, as {@link Destroyer.age}. */
  readonly age?: number
  /** Fingerprints of what lies there under other names, where that can be told. */
  readonly others?: readonly string[]
  /** What there is elsewhere in its system, where parts of it ({@link Destroyer.parts}) can be moved to. */
  readonly otherParts?: PartsThere
  /** The folder that is left where such a copy is destroyed is not there, either: its file system may not be mounted. */
  readonly lacksFolder?: true
  /** With which account it looked, for instance `uid 1000`. */
  readonly identity: string
  /** The service keeps names apart by account: under the same one another account may look for something else, and not find it. */
  readonly namesOfAccount?: true
  /** How it looked, step by step: the paths or calls. */
  readonly looked: readonly string[]
  /** What it cannot see. */
  readonly limits: readonly string[]
  /** Given only when the copy is `present` and all that is left of it is kept for these reasons. */
  readonly kept?: readonly Kept[]
}

/** Looks, with read-only rights, whether a copy is still there. */
export interface Prober extends AsyncDisposable {
  look(signal: AbortSignal): Promise<Sighting>
}
