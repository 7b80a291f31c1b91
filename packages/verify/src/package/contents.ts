import type { PrivateKey } from '@restitute/seal'
import { eachLimited } from '../each-limited.ts'
import { checkBagIsWhole, newBag } from './bag.ts'
import type { Check } from './check.ts'
import { newEntryJoin } from './entry-join.ts'
import { checkIndexes } from './indexes.ts'
import type { Inside } from './inside.ts'
import { checkUnmet, checkVolume } from './volumes.ts'

const atOnce = 2

/** Everything inside: indexes first, then volumes against them, then what remains unmet. */
export async function checkContents(check: Check, privateKeys: readonly PrivateKey[]): Promise<void> {
  const { manifest } = check.package
  using join = newEntryJoin()
  const bags = new Map(manifest.sources.map(({ name }) => [name, newBag()]))
  const inside: Inside = { check, opener: { privateKeys }, join, bags, unread: new Set(), opened: false }
  for (const source of manifest.sources) await checkIndexes(inside, source)
  await eachLimited(atOnce, manifest.volumes, (volume) => checkVolume(inside, volume))
  for (const source of manifest.sources) {
    checkUnmet(inside, source)
    checkBagIsWhole(inside, source)
  }
}
