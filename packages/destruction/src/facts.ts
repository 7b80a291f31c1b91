import type { Destroyer, Sighting } from '@restitute/core'
import {
  type CopyFacts,
  type DestructionFacts,
  nestedSources,
  type SignedFacts,
  type StampedMoment,
} from '@restitute/dossier'
import type { Fingerprint, Order, OrderedCopy } from '@restitute/manifest'
import { type Authority, contractDigest, type DestructionOptions } from './authority.ts'
import { type Copy, isActedOn } from './copies.ts'
import { countDifferences } from './differences.ts'
import { type Elsewhere, mayBeThere, seenByHost } from './elsewhere.ts'
import { historyOf } from './events.ts'
import { openDestroyer } from './reach.ts'

/** A copy of the order that is still to be destroyed. */
export interface Target {
  readonly copy: Copy
  readonly ordered: OrderedCopy
  /** An earlier attempt, perhaps under another order of the operation, began and left something. */
  readonly resumed: boolean
}

/**
 * The copies of the order that Restitute destroys and that are not destroyed yet, in the order of the register
 * (sources, packages, work folder): an order is consumed per copy.
 */
export function targetsOf(o: DestructionOptions, order: SignedFacts<Order>): readonly Target[] {
  const key = { sha256: order.sha256, operation: o.operation }
  return o.copies.filter(isActedOn).flatMap((copy) => {
    const ordered = order.document.copies.find(({ name, kind }) => name === copy.name && kind === copy.kind)
    const history = ordered && historyOf(o.dossier.ledger.events(), key, ordered)
    if (!ordered || !history || history.done) return []
    return [{ copy, ordered, resumed: history.attempted }]
  })
}

/** Everything that the guards judge, as it is at this moment, for these copies. */
export async function factsOf(
  o: DestructionOptions,
  authority: Authority,
  executor: Fingerprint,
  copies: readonly CopyFacts[],
  moment: StampedMoment | undefined,
): Promise<DestructionFacts> {
  return {
    now: o.clock.now(),
    ...(moment === undefined ? {} : { stampedNow: moment.at }),
    operation: o.operation,
    executor,
    contract: o.dossier.terms,
    contractFileSha256: await contractDigest(o.dossier),
    events: o.dossier.ledger.events(),
    nested: await nestedSources(o.dossier.terms.contract, o.reach.connectorOf),
    ...authority,
    copies,
  }
}

/** Reads a copy's fingerprint from its system now and, for a source, compares it with what was delivered. */
export async function observe(
  o: DestructionOptions,
  authority: Authority,
  target: Target,
): Promise<CopyFacts> {
  await using destroyer = await openDestroyer(target.copy, o.reach, target.ordered)
  return await observeAs(o, authority, target, destroyer)
}

/**
 * The same with what its destroyer, already open, has read. Of a system that an attempt of ours has removed, what belonged to
 * it alone goes on under the fingerprint that it had: nothing of the content is left to be compared.
 */
export async function observeAs(
  o: DestructionOptions,
  authority: Authority,
  target: Target,
  { fingerprint, onlyBelongings = false, stand }: Pick<Destroyer, 'fingerprint' | 'onlyBelongings' | 'stand'>,
): Promise<CopyFacts> {
  const { copy, ordered, resumed } = target
  const removed = resumed && fingerprint === '' && onlyBelongings
  const found = fingerprint === '' ? undefined : fingerprint
  const observed = removed ? ordered.fingerprint : found
  // A source that is another one is not read any further: its content is somebody else's.
  const comparable =
    copy.kind === 'source' && !removed && observed !== undefined && observed === ordered.fingerprint
  const none = removed ? 0 : undefined
  return {
    name: copy.name,
    kind: copy.kind,
    expectedFingerprint: ordered.fingerprint,
    observedFingerprint: observed,
    typedFingerprint: o.typed.get(copy.name),
    differences: comparable ? await countDifferences(o, authority, copy, { resumed, stand }) : none,
    probeable: true,
  }
}

/**
 * Whether an attempt that was cut short, or had nothing to do, has in fact removed everything. Throws `source-unreachable` where it only looks so: the
 * machine may have been started anew since, without the file system of the copy, or its address may lead to another server.
 */
export async function isGone(o: DestructionOptions, { copy }: Target): Promise<boolean> {
  const { sighting, where } = await seenByHost(o, copy)
  const isAbsent = sighting.state === 'absent'
  // What has the name of a copy elsewhere is no more to be destroyed than it is gone there.
  if (where !== undefined && (isAbsent || !ofAbsent(sighting).includes(where))) throw mayBeThere(copy, where)
  return isAbsent
}

/** What says nothing of a copy that is there; where only its belongings are, its parts may be anywhere. */
function ofAbsent({ state, fingerprint }: Sighting): readonly Elsewhere[] {
  const isBelongings = state === 'present' && fingerprint === undefined
  return isBelongings ? ['folder', 'disk'] : ['folder', 'disk', 'unseen']
}
