import type { Sighting } from '@restitute/core'
import { signedDocument } from '@restitute/dossier'
import type { Order, Sha256 } from '@restitute/manifest'
import { type Copy, isActedOn } from './copies.ts'
import { executorsOf, historyOf } from './events.ts'
import { keptJson } from './kept.ts'
import { assertVerifier, type LookOptions, lookAt, refusal, type SeenCopy } from './look.ts'

/** What is probed: the copies of one order. */
export interface ProbeOptions extends LookOptions {
  readonly orderSha256: Sha256
}

/**
 * Another person than the executor looks again, after the destruction, at every copy whose destruction was begun
 * under the order or an earlier one; the ledger keeps what was seen (`copy-probed`). "Absent" counts only for a copy that a verifier
 * saw before; otherwise the answer is "could not check" (R36). May be repeated: the newest probe counts. Throws
 * `guard-refused` (guard `probe-ready`) for an executor, or a person without the role verifier.
 */
export async function probeCopies(o: ProbeOptions): Promise<readonly SeenCopy[]> {
  assertVerifier(o.dossier.terms, o.verifier.fingerprint)
  if (executorsOf(o.dossier.ledger.events(), o.orderSha256).includes(o.verifier.fingerprint)) {
    throw refusal(`expected another person than the executor, got the executor ${o.verifier.fingerprint}`)
  }
  await using _lock = await o.dossier.lock()
  const { document: order } = await signedDocument(o.dossier, 'order', o.orderSha256)
  const probed: SeenCopy[] = []
  for (const copy of o.copies.filter(isActedOn)) {
    const history = historyIn(o, order, copy)
    if (!history?.attempted) continue
    const sighting = counting(await lookAt(copy, o.reach), history.seen !== undefined)
    await record(o, copy, sighting)
    probed.push({ copy: copy.name, sighting })
  }
  return probed
}

function historyIn(o: ProbeOptions, order: Order, copy: Copy): ReturnType<typeof historyOf> | undefined {
  const ordered = order.copies.find(({ name, kind }) => name === copy.name && kind === copy.kind)
  const key = { sha256: o.orderSha256, operation: o.operation }
  return ordered && historyOf(o.dossier.ledger.events(), key, ordered)
}

/** Not finding what one never saw proves nothing. */
function counting(sighting: Sighting, seenBefore: boolean): Sighting {
  if (sighting.state !== 'absent' || seenBefore) return sighting
  const limit = 'no verifier saw this copy before its destruction'
  return { ...sighting, state: 'could-not-check', limits: [...sighting.limits, limit] }
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
