import type { Sighting } from '@restitute/core'
import type { LedgerEvent, Order, OrderedCopy, Sha256 } from '@restitute/manifest'
import { type Copy, isActedOn } from './copies.ts'
import { type Elsewhere, elsewhere, folderOfProbe, isReaddressed } from './elsewhere.ts'
import { type CopyHistory, executorsOf, historyOf } from './events.ts'
import { keptJson } from './kept.ts'
import { assertVerifier, type LookOptions, lookAt, refusal, type SeenCopy } from './look.ts'
import { ordersOf } from './orders.ts'

/** What is probed: the copies of one order. */
export interface ProbeOptions extends LookOptions {
  readonly orderSha256: Sha256
}

/**
 * Another person than the executor looks again, after the destruction, at every copy whose destruction was begun
 * under the order or another one of the operation; the ledger keeps what was seen (`copy-probed`). "Absent" counts only for a copy that a verifier
 * saw before; otherwise the answer is "could not check" (R36). May be repeated: the newest probe counts; none is added where a
 * package was observed absent and another one has come to its place. Throws
 * `guard-refused` (guard `probe-ready`) for an executor, or a person without the role verifier.
 */
export async function probeCopies(o: ProbeOptions): Promise<readonly SeenCopy[]> {
  assertVerifier(o.dossier.terms, o.verifier.fingerprint)
  if (executorsOf(o.dossier.ledger.events(), o.orderSha256).includes(o.verifier.fingerprint)) {
    throw refusal(`expected another person than the executor, got the executor ${o.verifier.fingerprint}`)
  }
  await using _lock = await o.dossier.lock()
  const orders = await ordersOf(o.dossier, o.operation)
  const probed: SeenCopy[] = []
  for (const copy of o.copies.filter(isActedOn)) {
    const found = historyIn(o, orders, copy)
    if (!found?.history.attempted) continue
    const sighting = await looked(o, copy, found)
    if (sighting === undefined) continue
    await record(o, copy, sighting)
    probed.push({ copy: copy.name, sighting })
  }
  return probed
}

/** A copy as an order names it, and what became of it. */
interface Ordered {
  readonly ordered: OrderedCopy
  readonly history: CopyHistory
}

/** Under the newest order that names the copy; under an earlier one than this where nobody who destroyed under it looks. */
function historyIn(o: ProbeOptions, orders: Orders, copy: Copy): Ordered | undefined {
  const events = o.dossier.ledger.events()
  for (const { document, sha256 } of orders.toReversed()) {
    const ordered = orderedIn(document, copy)
    if (ordered === undefined) continue
    if (executorsOf(events, sha256).includes(o.verifier.fingerprint)) return undefined
    return { ordered, history: historyOf(events, { sha256, operation: o.operation }, ordered) }
  }
  return undefined
}

type Orders = Awaited<ReturnType<typeof ordersOf>>

function orderedIn({ copies }: Order, copy: Copy): OrderedCopy | undefined {
  return copies.find(({ name, kind }) => name === copy.name && kind === copy.kind)
}

/**
 * Not finding what one never saw proves nothing, nor what is left of a copy whose file system or server is not there. In the place
 * of a package may lie another one by now: undefined where it came after the package itself was observed to be absent.
 */
async function looked(o: ProbeOptions, copy: Copy, found: Ordered): Promise<Sighting | undefined> {
  const { seen, done, probed } = found.history
  const sighting = await lookAt(copy, o.reach)
  if (isAnother(sighting, found.ordered))
    return probed?.body['state'] === 'absent' ? undefined : uncertain(sighting, limits.package)
  const where = await elsewhere(o, copy, sighting)
  if (where === 'address' || where === 'name' || (where === 'server' && !done))
    return uncertain(sighting, limits[where])
  if (sighting.state !== 'absent') return sighting
  if (seen === undefined) return uncertain(sighting, limits.unwitnessed)
  if (isReaddressed(o, copy, seen)) return uncertain(sighting, limits.address)
  if (!done && sighting.namesOfAccount && seen.body['identity'] !== sighting.identity)
    return uncertain(sighting, limits.account)
  const isThere = where === undefined || (where === 'folder' && copy.source?.probe !== undefined)
  if (isThere && (await isWhereSeen(o, copy, seen))) return sighting
  const limit = limits[where ?? 'folder']
  // The executor saw it go where it was, and that place may have gone since: the folder around it, a server that was shut down.
  return done ? limited(sighting, limit) : uncertain(sighting, limit)
}

/** Who looks with an account of his own may do so from another machine: it has to be the folder in which he saw the copy. */
async function isWhereSeen({ reach }: ProbeOptions, copy: Copy, seen: LedgerEvent): Promise<boolean> {
  const { folder } = seen.body
  return folder === undefined || folder === (await folderOfProbe(copy, reach))
}

/** Of packages alone: the fingerprint of a source is another one, too, where its very content has come back. */
function isAnother({ state, fingerprint }: Sighting, { kind, ...ordered }: OrderedCopy): boolean {
  const isOther = fingerprint !== undefined && fingerprint !== ordered.fingerprint
  return kind === 'package' && state === 'present' && isOther
}

const limits: Readonly<Record<Elsewhere | 'account' | 'package' | 'unwitnessed', string>> = {
  package: 'another package lies in its place',
  unwitnessed: 'no verifier saw this copy before its destruction',
  account: 'another account looked than the one that had seen it, and may have looked for another copy',
  address: 'the contract has another address for this copy than when it was seen or its destruction began',
  folder: 'the folder in which this copy lay when its destruction began is not there',
  disk: 'the disk that was this copy when its destruction began may still hold some of it',
  server: 'another server answered than the one on which the destruction of this copy began',
  name: 'this copy is still there, under another name',
  unseen: 'whether tables of this copy were moved into another database cannot be seen',
}

function uncertain(sighting: Sighting, limit: string): Sighting {
  const { fingerprint: _, ...rest } = limited(sighting, limit)
  return { ...rest, state: 'could-not-check' }
}

function limited(sighting: Sighting, limit: string): Sighting {
  return { ...sighting, limits: [...sighting.limits, limit] }
}

async function record(o: ProbeOptions, copy: Copy, sighting: Sighting): Promise<void> {
  const { state, identity, looked, limits, kept } = sighting
  await o.dossier.ledger.append({
    type: 'copy-probed',
    operation: o.operation,
    body: {
      copy: copy.name,
      state,
      identity,
      looked,
      limits,
      ...(kept === undefined ? {} : { kept: keptJson(kept) }),
    },
    key: o.verifier,
    at: o.clock.now(),
  })
}
