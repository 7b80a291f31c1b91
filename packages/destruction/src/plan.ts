import { asRestituteError, type DestroyStep, type DestructionMethod } from '@restitute/core'
import { askTime, type CopyFacts, destructionGuards, type GuardVerdict } from '@restitute/dossier'
import type { Fingerprint, OrderedCopy } from '@restitute/manifest'
import { type Authority, type DestructionOptions, gatherAuthority } from './authority.ts'
import { factsOf, observe, type Target, targetsOf } from './facts.ts'
import { openDestroyer } from './reach.ts'

/** What would be done to one copy. */
export interface PlannedCopy {
  readonly ordered: OrderedCopy
  /** What Restitute would do; `skip` for what is done already, deferred or in other hands. */
  readonly action: 'destroy' | 'skip'
  readonly method?: DestructionMethod
  /** At most the first hundred. */
  readonly steps: readonly DestroyStep[]
  readonly stepCount: number
  /** Why the copy could not be looked at: English, lower case, no full stop. */
  readonly problem?: string
}

/** The dry run of a destruction. */
export interface DestructionPlan {
  readonly copies: readonly PlannedCopy[]
  /** Every guard with its reason; what was not typed is reported by `tenant`. */
  readonly guards: readonly GuardVerdict[]
}

const shown = 100

/**
 * What a destruction would do and what stands against it: reads everything that {@link executeDestruction} reads,
 * and changes nothing at any copy and nothing in the ledger. A copy that cannot be reached is a problem of that
 * copy, not an error.
 */
export async function planDestruction(
  o: DestructionOptions & { readonly executor: Fingerprint },
): Promise<DestructionPlan> {
  const authority = await gatherAuthority(o)
  const targets = targetsOf(o, authority.order)
  const facts: CopyFacts[] = []
  for (const target of targets) facts.push(await observeOrNot(o, authority, target))
  const moment = await askTime(o.dossier.terms, o.dossier.ledger.head(), o.reach.signal).catch(unreachable)
  const guards = destructionGuards(await factsOf(o, authority, o.executor, facts, moment))
  const copies: PlannedCopy[] = []
  for (const ordered of authority.order.document.copies) {
    const target = targets.find(({ copy }) => copy.name === ordered.name)
    copies.push(target ? await planCopy(o, target) : { ordered, action: 'skip', steps: [], stepCount: 0 })
  }
  return { copies, guards }
}

/** The guard of the floors then says so. */
function unreachable(thrown: unknown): undefined {
  if (asRestituteError(thrown).code !== 'timestamp-failed') throw thrown
}

/** A copy that nothing could be read of makes the guards refuse. */
async function observeOrNot(o: DestructionOptions, authority: Authority, target: Target): Promise<CopyFacts> {
  try {
    return await observe(o, authority, target)
  } catch (error) {
    if (o.reach.signal.aborted) throw error
    return {
      name: target.copy.name,
      kind: target.copy.kind,
      expectedFingerprint: target.ordered.fingerprint,
      observedFingerprint: undefined,
      typedFingerprint: o.typed.get(target.copy.name),
      differences: undefined,
      probeable: true,
    }
  }
}

async function planCopy(o: DestructionOptions, { copy, ordered }: Target): Promise<PlannedCopy> {
  const steps: DestroyStep[] = []
  let stepCount = 0
  try {
    await using destroyer = await openDestroyer(copy, o.reach, ordered)
    for await (const step of destroyer.plan(o.reach.signal)) {
      if (stepCount++ < shown) steps.push(step)
    }
    return { ordered, action: 'destroy', method: destroyer.method, steps, stepCount }
  } catch (error) {
    if (o.reach.signal.aborted) throw error
    return { ordered, action: 'destroy', steps, stepCount, problem: asRestituteError(error).message }
  }
}
