import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Package } from '@restitute/archive'
import type { SourceSpec } from '@restitute/core'
import { folderHolding } from '@restitute/destruction'
import {
  type CompareOptions,
  compareSource,
  type ExportSource,
  openSeries,
  type Restoration,
  restoreSource,
  type Series,
} from '@restitute/run'
import type { PrivateKey } from '@restitute/seal'
import type { DrillOptions } from './options.ts'
import { type RebuiltPlace, sayRebuilt } from './rebuilt-places.ts'
import type { Steps } from './steps.ts'

/** What became of the sample of a source on a clean target. */
export interface RestoredSample {
  readonly source: string
  readonly restored?: { readonly items: number; readonly bytes: number; readonly different: number }
  /** Why it was not rebuilt. */
  readonly notRestored?: string
}

/** Where a sample was rebuilt outside of the rehearsal's folder: to be destroyed. */
export interface Rebuilt {
  readonly target: SourceSpec
  readonly place: RebuiltPlace
}

/** What was rebuilt there so far. */
export interface RebuiltSoFar {
  readonly rebuilt: Rebuilt[]
  /** Where a restoration failed, which takes back what it has built unless its disk was taken out. */
  readonly unfinished: RebuiltPlace[]
}

/**
 * Rebuilds what was drawn whole of every source on an empty target and compares it by content with what was delivered.
 * `own` is told each target outside of the rehearsal's folder, with which the others go, as soon as it is made or has failed.
 */
export async function restoreSamples(
  o: DrillOptions,
  opened: Package,
  key: PrivateKey,
  steps: Steps,
  own: RebuiltSoFar,
): Promise<RestoredSample[]> {
  const place = join(o.folder, 'restored')
  await mkdir(place, { recursive: true, mode: 0o700 })
  await using series = await openSeries([opened], { privateKeys: [key] }, o.signal)
  const results: RestoredSample[] = []
  for (const source of o.sources.filter(({ terms }) => terms.excluded === undefined)) {
    results.push(await restoreOne(o, series, source, key, steps, own))
  }
  return results
}

async function restoreOne(
  o: DrillOptions,
  series: Series,
  source: ExportSource,
  key: PrivateKey,
  steps: Steps,
  own: RebuiltSoFar,
): Promise<RestoredSample> {
  const { name } = source.terms
  const found = o.targetOf(source, join(o.folder, 'restored'))
  if (typeof found === 'string') return { source: name, notRestored: found }
  const target = o.share < 1 ? { ...found, sample: true as const } : found
  const connector = await o.connectorOf(target.url)
  const asked = { series, source: name, target, connector, signal: o.signal }
  const made = await rebuild(o, asked, key, steps, own)
  // Nothing is known to be ours there: it may be somebody's, who was named as a target by mistake.
  if (!made) return { source: name, notRestored: 'the restoration failed' }
  const { items, bytes } = made
  const started = performance.now()
  const began = Date.now()
  const compared = await steps.take('compare', () => compareSource(asked))
  if (!compared) return { source: name, notRestored: 'it could not be compared' }
  steps.timeline.add('compare', began, Date.now(), bytes)
  steps.measure('compare', started, { source: name, items, bytesIn: bytes, bytesOut: 0 })
  const { different } = compared
  if (different > 0) {
    steps.fail(
      'compare',
      'compare-differs',
      `source ${name}: ${different} of ${items} items came back different`,
    )
  }
  return { source: name, restored: { items, bytes, different } }
}

/** Undefined when it failed. */
async function rebuild(
  o: DrillOptions,
  asked: CompareOptions,
  key: PrivateKey,
  steps: Steps,
  own: RebuiltSoFar,
): Promise<Restoration | undefined> {
  const { source, target } = asked
  o.note(`restoring ${source}`)
  const isOutside = !isWithin(target, o.folder)
  const begun = await begunPlace(o, source, target)
  if (isOutside) await sayRebuilt(o.folder, begun)
  const started = performance.now()
  const opener = { privateKeys: [key] }
  const made = await steps.take('restore', () =>
    restoreSource({ ...asked, compare: false, opener, ...(o.progress && { progress: o.progress }) }),
  )
  if (!made) {
    if (isOutside) own.unfinished.push(begun)
    return undefined
  }
  if (isOutside) {
    const place = await builtPlace(o, begun, target)
    own.rebuilt.push({ target, place })
    await sayRebuilt(o.folder, place)
  }
  const { items, bytes } = made
  steps.measure('restore', started, { source, items, bytesIn: bytes, bytesOut: bytes })
  return made
}

/** What lies in the rehearsal's folder goes with it. */
function isWithin({ url }: SourceSpec, folder: string): boolean {
  return url.slice(url.indexOf(':') + 1).startsWith(folder)
}

/** Before anything is built there. */
async function begunPlace(o: DrillOptions, source: string, { url }: SourceSpec): Promise<RebuiltPlace> {
  const folder = await folderHolding(url, o.connectorOf).catch(() => undefined)
  return { source, url, ...(folder === undefined ? {} : { folder }) }
}

/** One whose fingerprint cannot be had is rebuilt all the same: it is only not known again after a kill. */
async function builtPlace(o: DrillOptions, begun: RebuiltPlace, target: SourceSpec): Promise<RebuiltPlace> {
  try {
    const connector = await o.connectorOf(begun.url)
    await using destroyer = await connector.destroyer(target, o.signal)
    return { ...begun, fingerprint: destroyer.fingerprint }
  } catch {
    return begun
  }
}
