import type { Progress } from '@restitute/core'
import type { PrivateKey } from '@restitute/seal'
import type { CompareOptions, Comparison } from './compare.ts'

/** What {@link restoreSource} needs. */
export interface RestoreOptions extends CompareOptions {
  readonly compare: boolean
  readonly opener: { readonly privateKeys: readonly PrivateKey[] }
  readonly progress?: Progress
}

/** What was restored. */
export interface Restoration {
  readonly items: number
  readonly bytes: number
  /** Items that the series states as lost or excluded: not restored. */
  readonly leftOut: number
  /** Volumes that had to be decrypted. */
  readonly volumes: number
  /** When asked for; the caller ends with `compare-differs` when `different` is not 0. */
  readonly comparison?: Comparison
}

/**
 * Rebuilds a source on an empty target from the newest delivered state of its items. Only volumes that hold wanted
 * entries are decrypted; contents are streamed and checked against the index. The target appears whole or not at all.
 * Errors: `usage` (no such source; the base package is missing), `target-not-empty`, `invalid`, `restore-failed`,
 * `key-wrong`, `interrupted`.
 */
export async function restoreSource(options: RestoreOptions): Promise<Restoration> {
  throw new Error(`not yet: ${options.source}`)
}
