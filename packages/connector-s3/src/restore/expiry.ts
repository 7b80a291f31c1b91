import type { LifecycleRule } from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import { configuration } from '../configuration.ts'
import { nameOf } from '../location.ts'
import type { Store } from '../store.ts'

/**
 * Throws `usage` where a lifecycle rule of the bucket removes objects, older versions or delete markers: what was restored and
 * proved equal would go, be it the same night. A rule that only ends uploads, or moves objects, takes nothing away. Where the
 * rules may not be read nothing is known.
 */
export async function refuseExpiry(store: Store, signal: AbortSignal): Promise<void> {
  const found = await configuration(store, 'lifecycle', signal)
  if (found === undefined || found.lost !== undefined) return
  const { Rules = [] } = JSON.parse(found.bytes.toString()) as { Rules?: readonly LifecycleRule[] }
  const { prefix } = store.location
  if (!Rules.some((rule) => removes(rule) && concerns(rule, prefix))) return
  throw new RestituteError(
    'usage',
    `target ${nameOf(store.location)}: a lifecycle rule of the bucket removes objects or their versions`,
    { hint: 'what is restored would go, too: name another bucket, or take the rule away first' },
  )
}

function removes({ Status, Expiration, NoncurrentVersionExpiration }: LifecycleRule): boolean {
  return Status === 'Enabled' && (Expiration ?? NoncurrentVersionExpiration) !== undefined
}

function concerns(rule: LifecycleRule, prefix: string): boolean {
  const own = rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? ''
  return own.startsWith(prefix) || prefix.startsWith(own)
}
