import { eachLimited } from '@restitute/core'
import type { SourceRecord, VolumeRecord } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { checkBagIsWhole, newBag } from './bag.ts'
import type { Check } from './check.ts'
import { newEntryJoin } from './entry-join.ts'
import { checkIndexes } from './indexes.ts'
import { type Inside, unreadable } from './inside.ts'
import { checkUnmet, checkVolume, type VolumeOutcome } from './volumes.ts'

/** Everything inside: indexes first, then volumes against them, several at once, then what remains unmet. */
export async function checkContents(check: Check, privateKeys: readonly PrivateKey[]): Promise<void> {
  const { manifest } = check.package
  using join = newEntryJoin()
  const bags = new Map(manifest.sources.map(({ name }) => [name, newBag()]))
  const inside: Inside = { check, opener: { privateKeys }, join, bags, unread: new Set(), opened: new Set() }
  for (const source of manifest.sources) await checkIndexes(inside, source)
  await checkVolumes(inside)
  for (const source of manifest.sources) {
    checkUnmet(inside, source)
    checkBagIsWhole(inside, source)
  }
}

async function checkVolumes(inside: Inside): Promise<void> {
  const { check } = inside
  const { volumes, sources } = check.package.manifest
  const passed = new Set(sources.flatMap((source) => passOver(inside, source)))
  const due = volumes.filter(({ name }) => !check.broken.has(name) && !passed.has(name))
  const outcomes = new Map<string, VolumeOutcome>()
  const one = async (volume: VolumeRecord, signal: AbortSignal): Promise<void> => {
    outcomes.set(volume.name, await checkVolume({ ...inside, check: { ...check, signal } }, volume))
  }
  await eachLimited(check.workers.atOnce, due, one, check.signal)
  for (const volume of due) await tell(inside, volume, outcomes.get(volume.name))
}

async function tell(inside: Inside, volume: VolumeRecord, outcome: VolumeOutcome | undefined): Promise<void> {
  if (outcome?.locked) await unreadable(inside, volume, outcome.locked, 'volume-undecryptable')
  if (outcome) inside.check.findings.join(outcome.findings)
}

/** The volumes of a source that were found sound before, if the index lists in each as much as was met there. */
function passOver({ check, join, unread }: Inside, { name }: SourceRecord): string[] {
  if (unread.has(name)) return []
  const known = check.package.manifest.volumes.filter(
    (volume) =>
      volume.source === name && !check.broken.has(volume.name) && check.sound.known(volume, 'inside'),
  )
  if (known.length === 0) return []
  const listed = join.countByVolume(name)
  const passed = known.filter((volume) => listed.get(volume.name) === volume.entries)
  join.meetAll(
    name,
    passed.map((volume) => volume.name),
  )
  for (const { bytes } of passed) {
    check.sound.pass()
    check.onBytes(2 * bytes)
  }
  return passed.map((volume) => volume.name)
}
