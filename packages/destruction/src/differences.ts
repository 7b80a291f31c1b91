import type { Destroyer, Difference } from '@restitute/core'
import { type Manifest, type Receipt, sha256Hex } from '@restitute/manifest'
import { type Authority, type DestructionOptions } from './authority.ts'
import type { Copy } from './copies.ts'
import { seenByHost } from './elsewhere.ts'
import { openWatcher, overwrites } from './reach.ts'

/**
 * Re-reads a source by content against what was delivered and counts the items that differ and that the client has
 * not agreed to lose. `resumed`: a destruction of this source was cut short, so what only that can explain does
 * not count: items that are gone, and changed ones where the method overwrites. Anything new still counts. `stand`: where the system on
 * which it is destroyed stands.
 */
export async function countDifferences(
  o: DestructionOptions,
  authority: Authority,
  copy: Copy,
  { resumed, stand }: { readonly resumed: boolean; readonly stand: Destroyer['stand'] },
): Promise<number> {
  const accepted = acceptedItems(authority, copy.name)
  const explained = resumed ? await changesOfAttempt(o, copy) : []
  await using watcher = await openWatcher(copy, o.reach)
  let count = 0
  const known = o.delivered(copy.name)
  const how = { cutShort: resumed, ...(stand === undefined ? {} : { upTo: stand }) }
  for await (const found of watcher.differences(known, o.reach.signal, how)) {
    if (!explained.includes(found.change) && !accepted(found.item)) count++
  }
  return count
}

async function changesOfAttempt(o: DestructionOptions, copy: Copy): Promise<readonly Difference['change'][]> {
  // What is missing may be elsewhere: nobody could see it there.
  if ((await seenByHost(o, copy)).where === 'unseen') return []
  return (await overwrites(copy, o.reach)) ? ['removed', 'changed', 'unreadable'] : ['removed']
}

/** The items of a source that the consent lists: it names them by commitments only, `<salt>:<item>` hashed. */
function acceptedItems(authority: Authority, source: string): (item: string) => boolean {
  const { consent } = authority.receipt.document
  const own = consent.accepts.filter((loss) => loss.source === source)
  const commitments = new Set(own.map(({ commitment }) => commitment))
  const manifests = authority.packages.map(({ manifest }) => manifest)
  const salts = commitments.size === 0 ? [] : saltsOf(authority.receipt.document, manifests, source)
  return (item) => salts.some((salt) => commitments.has(sha256Hex(`${salt}:${item}`)))
}

function saltsOf(receipt: Receipt, manifests: readonly Manifest[], source: string): readonly string[] {
  const indexes = manifests.flatMap((manifest) => manifest.indexes.filter((index) => index.source === source))
  const names = new Set(indexes.map(({ name }) => name))
  const salts = receipt.packages.flatMap((quoted) => Object.entries(quoted.salts))
  return salts.filter(([name]) => names.has(name)).map(([, salt]) => salt)
}
