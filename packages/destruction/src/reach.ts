import {
  type ConnectorOf,
  type Destination,
  type Destroyer,
  type Prober,
  RestituteError,
  type Watcher,
} from '@restitute/core'
import { destroySpec, probeSpec, sourceSpec } from '@restitute/dossier'
import type { OrderedCopy, SourceTerms } from '@restitute/manifest'
import type { Copy } from './copies.ts'
import { folderDestroyer, folderProber } from './folder-copy.ts'
import { packageDestroyer, packageProber } from './package-copy.ts'

/** How copies are reached: the command line knows the kinds of systems, this package does not. */
export interface Reach {
  readonly connectorOf: ConnectorOf
  /** The folder of one package, by its URL; with the secret of the destination in whose terms it lies. */
  readonly placeOf: (url: string) => Promise<Destination>
  readonly signal: AbortSignal
}

/** Opens what destroys the copy, by `destroy` of the contract: as the order says it. */
export async function openDestroyer(
  copy: Copy,
  reach: Reach,
  { bypassGovernance }: Pick<OrderedCopy, 'bypassGovernance'>,
): Promise<Destroyer> {
  if (copy.kind === 'package') return packageDestroyer(await reach.placeOf(urlOf(copy)))
  if (copy.kind === 'work') return folderDestroyer(urlOf(copy))
  const source = sourceOf(copy)
  const connector = await reach.connectorOf(source.url)
  const options = bypassGovernance === true ? { bypassGovernance } : {}
  return connector.destroyer(await destroySpec(source), reach.signal, options)
}

/** Opens what looks for the copy: as the verifier by `probe` of the contract, or as the host's own account. */
export async function openProber(copy: Copy, as: 'verifier' | 'host', reach: Reach): Promise<Prober> {
  if (copy.kind === 'package') return packageProber(await reach.placeOf(urlOf(copy)))
  if (copy.kind === 'work') return folderProber(urlOf(copy))
  const source = sourceOf(copy)
  const spec = await (as === 'verifier' ? probeSpec(source) : sourceSpec(source))
  const connector = await reach.connectorOf(spec.url)
  return connector.prober(spec, reach.signal)
}

/** Opens what compares a source with what was delivered. */
export async function openWatcher(copy: Copy, reach: Reach): Promise<Watcher> {
  const source = sourceOf(copy)
  const connector = await reach.connectorOf(source.url)
  return connector.watch(await sourceSpec(source), reach.signal)
}

/** Whether half a destruction may leave changed content behind, and not only less of it. */
export async function overwrites(copy: Copy, reach: Reach): Promise<boolean> {
  const connector = await reach.connectorOf(sourceOf(copy).url)
  return connector.abilities.destruction === 'overwrite'
}

function sourceOf(copy: Copy): SourceTerms {
  return copy.source ?? unreachable(copy)
}

function urlOf(copy: Copy): string {
  return copy.url ?? unreachable(copy)
}

function unreachable(copy: Copy): never {
  throw new RestituteError('internal', `copy ${copy.name} (${copy.kind}): it is not for Restitute to reach`)
}
