import type { JsonObject } from '@restitute/core'
import { type CopyOutcome, isClosed, type OrderedCopy } from '@restitute/manifest'
import { isActedOn } from './copies.ts'
import type { CopyHistory } from './events.ts'

/**
 * What became of a copy, out of the ledger alone (R36, R38). "Absent" counts only where a verifier had seen the copy
 * before; what a later probe still sees is not destroyed, whatever was done to it.
 */
export function outcomeOf(copy: OrderedCopy, history: CopyHistory): CopyOutcome {
  const state = history.probed?.body['state']
  const absent = state === 'absent' && history.seen !== undefined
  if (history.probed && state === 'present') return keptAs(history.probed.body)
  if (history.done) return absent ? 'destroyed-observed-absent' : 'destroyed-not-checked'
  if (absent) return 'observed-absent'
  if (history.declaredGone) return history.declared?.type === 'custody' ? 'client-custody' : 'declared'
  if (copy.deferredUntil !== undefined) return 'deferred'
  return isActedOn(copy) && state === undefined ? 'not-destroyed' : 'could-not-check'
}

/** Something legally retained makes the whole copy so: that is what has a date, or a reason that must be known. */
function keptAs({ kept }: JsonObject): CopyOutcome {
  if (!Array.isArray(kept) || kept.length === 0) return 'not-destroyed'
  return JSON.stringify(kept).includes('"legally-retained"') ? 'legally-retained' : 'shared-kept'
}

/** `final` only when no copy is deferred, unchecked, kept or still there, and none was left alone. */
export function statusOf(
  outcomes: readonly CopyOutcome[],
  leftAlone: readonly string[],
): 'partial' | 'final' {
  return leftAlone.length === 0 && outcomes.every(isClosed) ? 'final' : 'partial'
}
