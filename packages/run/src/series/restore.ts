import { hash as digestOf } from 'node:crypto'
import { readVolume, type VolumeEntry } from '@restitute/archive'
import {
  ContentHash,
  noProgress,
  type Progress,
  RestituteError,
  type RestoredEntry,
  type Restorer,
} from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { bagShard } from '../journal/shards.ts'
import { type CompareOptions, type Comparison, checkSource, compareSource } from './compare.ts'
import type { Series } from './open-series.ts'
import { heldItems, heldTally, leftOut } from './series-rows.ts'
import {
  assignPhases,
  type VolumePlace,
  type WantedEntry,
  type WantedVolume,
  wantedEntry,
  wantedVolumes,
} from './wanted.ts'

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
  /** Readings of volumes that were needed, over all rounds. */
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
  const { series, source, signal } = options
  const { db } = series
  checkSource(series, source)
  const volumes = await rebuild(options)
  const comparison = options.compare ? await compareSource(options) : undefined
  signal.throwIfAborted()
  return {
    ...heldTally(db, source),
    leftOut: leftOut(db, source),
    volumes,
    ...(comparison && { comparison }),
  }
}

async function rebuild(options: RestoreOptions): Promise<number> {
  const { series, source, target, connector, signal } = options
  const { db } = series
  await using restorer = await connector.restore(target, signal)
  const isOfBag = (volume: VolumePlace): boolean => recordOf(series, volume).shard === bagShard
  const phases = assignPhases(db, source, isOfBag, restorer)
  const report = reporter(options, restorer.phases)
  let volumes = 0
  for (let phase = 0; phase < phases; phase++) {
    for (const volume of wantedVolumes(db, phase)) {
      await feed(options, restorer, phase, volume, report)
      volumes++
    }
  }
  await restorer.finish(heldItems(db, source), signal)
  return volumes
}

async function feed(
  { series, source, opener, signal }: RestoreOptions,
  restorer: Restorer,
  phase: number,
  volume: WantedVolume,
  report: (bytes: number) => void,
): Promise<void> {
  const wanted = wantedEntry(series.db, source, phase)
  const { destination } = packageOf(series, volume)
  const record = recordOf(series, volume)
  let met = 0
  for await (const entry of readVolume({ destination, record, opener, signal, onProgress: report })) {
    const known = wanted(volume, entry.path)
    if (!known) continue
    met++
    await restorer.accept(restored(entry, known), signal)
  }
  checkAllMet(record, volume.entries, met)
}

/** Not every restorer knows how much of an item is to come: a table with a part less is a table. */
function checkAllMet({ name }: VolumeRecord, expected: number, met: number): void {
  if (met === expected) return
  throw new RestituteError('invalid', `${name}: expected ${expected} entries of the index, got ${met}`)
}

function restored(entry: VolumeEntry, known: WantedEntry): RestoredEntry {
  const { path, type, link, size, extents, mode, modified } = entry
  return {
    ...{ path, type, size, mode, modified },
    ...(link !== undefined && { link }),
    ...(extents && { extents }),
    ...(known.item !== null && { item: known.item }),
    ...(known.part !== null && { part: known.part }),
    ...contentOf(entry, known.sha256),
  }
}

/** What is in memory is checked at once, what comes in pieces at its end. */
function contentOf(entry: VolumeEntry, sha256: string): Pick<RestoredEntry, 'content' | 'atHand'> {
  const { type, atHand } = entry
  if (type !== 'file' || atHand === undefined) return { content: () => checked(entry, sha256) }
  check(entry, digestOf('sha256', atHand), sha256)
  return { content: () => entry.content(), atHand }
}

/** The content, which at its end must have had the digest that the index gives. */
async function* checked(entry: VolumeEntry, sha256: string): AsyncIterable<Uint8Array> {
  if (entry.type !== 'file') return
  const hash = new ContentHash(entry)
  for await (const chunk of entry.content()) {
    await hash.take(chunk)
    yield chunk
  }
  check(entry, await hash.digest(), sha256)
}

function check(entry: VolumeEntry, got: string, sha256: string): void {
  if (got === sha256) return
  throw new RestituteError('invalid', `${entry.source}: expected an entry of ${sha256}, got ${got}`)
}

function packageOf({ packages }: Series, { package: number }: VolumePlace): Series['packages'][number] {
  const found = packages[number]
  if (found) return found
  throw new RestituteError('internal', 'series: an entry lies in no package')
}

/** The manifest's record of a volume; `invalid` when an index names one that is not there. */
function recordOf(series: Series, volume: VolumePlace): VolumeRecord {
  const { manifest } = packageOf(series, volume)
  const found = manifest.volumes.find(({ name }) => name === volume.volume)
  if (found) return found
  throw new RestituteError(
    'invalid',
    `${manifest.package}: an index names a volume that the manifest does not`,
  )
}

/** Counts ciphertext; the total is an estimate, since what is not wanted is not read. */
function reporter(
  { series, source, progress = noProgress }: RestoreOptions,
  phases: number,
): (n: number) => void {
  const volumes = series.packages.flatMap(({ manifest }) => manifest.volumes)
  const bytes = volumes.filter((one) => one.source === source).reduce((sum, one) => sum + one.bytes, 0)
  const totalBytes = bytes * 2 * phases
  let doneBytes = 0
  return (more) => {
    doneBytes += more
    progress({ task: 'restore', subject: source, doneBytes, totalBytes: Math.max(totalBytes, doneBytes) })
  }
}
