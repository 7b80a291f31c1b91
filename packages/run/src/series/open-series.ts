import type { Package } from '@restitute/archive'
import type { PrivateKey } from '@restitute/seal'

/** The packages of a delivery, decrypted and merged: newest state of every item and where its content lies. */
export interface Series extends AsyncDisposable {
  readonly packages: readonly Package[]
  readonly sources: readonly string[]
  /** False when the first package continues one that was not given: fit for listing, not for restoring. */
  readonly complete: boolean
}

/**
 * Reads the indexes of these packages (oldest first) into a private temporary database that vanishes on disposal.
 * Trust is not judged here: verify the packages first.
 * Errors: `invalid` when a package does not continue the one before it or an index is not what its manifest says,
 * `key-wrong`, `hostile-input`.
 */
export async function openSeries(
  packages: readonly Package[],
  opener: { readonly privateKeys: readonly PrivateKey[] },
  signal: AbortSignal,
): Promise<Series> {
  throw new Error(`not yet: ${packages.length} ${opener.privateKeys.length} ${signal.aborted}`)
}
