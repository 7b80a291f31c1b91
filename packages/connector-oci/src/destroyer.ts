import { type Destroyer, RestituteError, type SourceSpec } from '@restitute/core'
import { locationOf } from './location.ts'
import { openRegistryDestroyer } from './registry-destroyer.ts'

/** The destroyer of a source; throws `source-unreachable`. */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const location = locationOf(source.url)
  if (location.kind === 'registry') return openRegistryDestroyer(location, source, signal)
  throw new RestituteError('usage', 'destroy: not supported yet')
}
