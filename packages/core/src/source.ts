import type { Json } from './json.ts'

/**
 * Commands around the moment at which a source stands still (R15): a program by its absolute path and its arguments, no
 * shell. They are run by whoever takes a view; connectors leave them alone.
 */
export interface SourceHooks {
  /** Before the moment: nothing is written any more. Never without `thaw`. */
  readonly freeze?: readonly string[]
  /** Makes what the URL names, while the source is frozen. Never without `discard`. */
  readonly snapshot?: readonly string[]
  /** Undoes `freeze`: once there is a snapshot; without one when the source is read. */
  readonly thaw?: readonly string[]
  /** Undoes `snapshot`, when it is read. */
  readonly discard?: readonly string[]
  /** For each command, ISO 8601; default `PT1M`. */
  readonly timeout?: string
}

/** A source as the contract declares it, its secret resolved. Serialisable: it is handed to worker threads. */
export interface SourceSpec {
  /** Name in the contract; also the name of its bag in the package. */
  readonly name: string
  /** `<kind>:…`, for instance `sqlite:/srv/ehr/records.db`. */
  readonly url: string
  readonly secret?: string
  /** Declared closed to writing: a view lost in mid-run may be taken again if nothing changed. */
  readonly quiesced?: boolean
  readonly hooks?: SourceHooks
  /**
   * Of a target: a sample is rebuilt there, of which what some items refer to is missing. References between items are
   * neither checked nor compared.
   */
  readonly sample?: true
}

/** A frozen view of a source. Serialisable, so that other workers can join it. */
export interface View {
  /** Private to the connector. */
  readonly token: Json
  /** The point in time for the manifest, in the system's own terms (LSN, version, time). */
  readonly point: string
  readonly consistency: 'snapshot' | 'quiesced' | 'per-item'
  /** ISO 8601 UTC. */
  readonly takenAt: string
  /** Identity of the system, short enough to be typed: `3f2a-9c1b-77de` (R35). Stable over the source's life. */
  readonly fingerprint: string
}
