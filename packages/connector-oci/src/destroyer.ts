import type { Destroyer, SourceSpec } from '@restitute/core'
import { openDiskDestroyer } from './disk-destroyer.ts'
import { locationOf } from './location.ts'
import { openRegistryDestroyer } from './registry-destroyer.ts'

/** The destroyer of a source; throws `source-unreachable`. */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const location = locationOf(source.url)
  return location.kind === 'registry'
    ? openRegistryDestroyer(location, source, signal)
    : openDiskDestroyer(location, signal)
}
