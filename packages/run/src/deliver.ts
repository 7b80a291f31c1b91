import type { Package } from '@restitute/archive'
import type { Destination, Progress } from '@restitute/core'

/** What {@link deliverPackage} needs. */
export interface DeliverOptions {
  /** A finished package; its files are read from its own destination. */
  readonly package: Package
  /** The folder of the package at the new place. */
  readonly to: Destination
  readonly signal: AbortSignal
  readonly progress?: Progress
}

/** What a delivery did. */
export interface Delivered {
  readonly files: number
  readonly bytes: number
  /** Of `files`, those that already lay there with the right digest. */
  readonly skipped: number
}

/**
 * Copies a package file by file, each checked against the manifest on the way and read back from the new place
 * past its cache; `manifest.json` last, so its presence means "whole". Called again, it goes on where it was cut.
 * Errors: `invalid` when a file is not what the manifest says (here or after copying), `interrupted`, and
 * those of the destinations.
 */
export async function deliverPackage(options: DeliverOptions): Promise<Delivered> {
  throw new Error(`not yet: ${options.to.url}`)
}
