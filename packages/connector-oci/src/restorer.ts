import { RestituteError, type Restorer, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { openLayoutRestorer } from './layout-restorer.ts'
import { locationOf } from './location.ts'
import { openRegistryRestorer } from './registry-restorer.ts'

/** Starts a restoration, to a registry or a new layout folder; throws `target-not-empty`, `usage` for an archive. */
export async function openRestorer(target: SourceSpec, signal: AbortSignal): Promise<Restorer> {
  throwIfInterrupted(signal)
  const location = locationOf(target.url)
  if (location.kind === 'registry') return openRegistryRestorer(location, target, signal)
  if (location.kind === 'layout') return openLayoutRestorer(location.path)
  throw new RestituteError('usage', 'restore: an archive cannot be a target', {
    hint: 'restore to oci:layout:/folder; skopeo copy then makes an archive of it',
  })
}
