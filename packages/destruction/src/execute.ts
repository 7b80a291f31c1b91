import {
  asRestituteError,
  type Destroyer,
  type DestroyStep,
  type JsonObject,
  type Kept,
  type RestituteError,
} from '@restitute/core'
import {
  askTime,
  assertGuards,
  destructionGuards,
  type GuardName,
  keepMoment,
  type StampedMoment,
} from '@restitute/dossier'
import type { CopyKind } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { type Authority, type DestructionOptions, gatherAuthority } from './authority.ts'
import { assertHeld, holdFolderOf, holdingFolder } from './elsewhere.ts'
import { factsOf, isGone, observe, observeAs, type Target, targetsOf } from './facts.ts'
import type { HeldFolder } from './held-folder.ts'
import { keptJson } from './kept.ts'
import { openDestroyer } from './reach.ts'
import { Requests } from './requests.ts'
import { isEmptied, isWholeDisk } from './whole-disk.ts'

/** What became of one copy in this run. */
export interface CopyResult {
  readonly copy: string
  readonly kind: CopyKind
  /**
   * `gone`: an earlier attempt was cut short, and nothing is left to destroy; the ledger keeps its "started".
   * `kept`: all was destroyed but what has to stay; run again when that may go.
   */
  readonly result: 'done' | 'kept' | 'failed' | 'gone'
  readonly steps: number
  /** Sum of what the steps concerned. */
  readonly count: number
  readonly kept?: readonly Kept[]
  /** Why it failed. */
  readonly error?: RestituteError
}

/** A destruction that is really carried out. */
export interface ExecuteOptions extends DestructionOptions {
  /** Of the person who destroys. */
  readonly executor: PrivateKey
  /** Told each step once it is done. */
  readonly onStep?: (copy: string, step: DestroyStep) => void
}

/**
 * Destroys every copy of the order that Restitute can destroy and that is not destroyed yet: sources, then the
 * packages in the host's destinations, the work folder last. Gathers every fact itself and asserts all guards for
 * all copies before it touches the first, and again for each copy right before that copy (`guard-refused`; what
 * cannot be read throws, too, and nothing is touched). Where the contract names a time-stamping authority, the
 * periods end by its clock, asked each time; unreachable: `timestamp-failed`, and nothing further is touched. Deferred copies and those in other hands stay as they are.
 *
 * Each copy: guards, `destruction-started` on stable storage, the destruction, `destruction-finished`. The first
 * failure is recorded and ends the run: what follows may rest on what failed (the work folder holds the measure for
 * the sources), and a wrong secret or system should not be tried on the next copy. A crash or an interruption
 * (`interrupted`) leaves "started". While something of a source is kept, the work folder stays: it holds the measure
 * for what is left. Run again, it skips what is done and takes up the rest under the same guards.
 */
export async function executeDestruction(o: ExecuteOptions): Promise<readonly CopyResult[]> {
  await using _lock = await o.dossier.lock()
  const authority = await gatherAuthority(o)
  const { targets, results } = await withoutGone(o, targetsOf(o, authority.order))
  await assertBeforeAll(o, authority, targets)
  for (const target of targets) {
    if (target.copy.kind === 'work' && results.some(({ result }) => result === 'kept')) break
    const result = await destroyCopy(o, authority, target)
    results.push(result)
    if (result.result === 'failed') break
  }
  return results
}

/** Sets apart what an interrupted attempt has removed to the end: whether it did is for the verifier to say. */
async function withoutGone(
  o: ExecuteOptions,
  all: readonly Target[],
): Promise<{ targets: Target[]; results: CopyResult[] }> {
  const targets: Target[] = []
  const results: CopyResult[] = []
  for (const target of all) {
    const { name: copy, kind } = target.copy
    if (target.resumed && (await isGone(o, target))) {
      results.push({ copy, kind, result: 'gone', steps: 0, count: 0 })
    } else targets.push(target)
  }
  return { targets, results }
}

const ofCopies: readonly GuardName[] = ['tenant', 'unchanged', 'probe-ready']

/** The cheap guards first: nobody's credentials are asked for, and nothing is re-read, without them (R53). */
async function assertBeforeAll(
  o: ExecuteOptions,
  authority: Authority,
  targets: readonly Target[],
): Promise<void> {
  const executor = o.executor.fingerprint
  const first = destructionGuards(await factsOf(o, authority, executor, [], await momentOf(o)))
  assertGuards(first.filter(({ guard }) => !ofCopies.includes(guard)))
  const copies = []
  for (const target of targets) copies.push(await observe(o, authority, target))
  assertGuards(destructionGuards(await factsOf(o, authority, executor, copies, await momentOf(o))))
}

/** Asked anew for every copy: the stamp is over the line of the ledger before its "started". */
function momentOf({ dossier, reach }: ExecuteOptions): Promise<StampedMoment | undefined> {
  return askTime(dossier.terms, dossier.ledger.head(), reach.signal)
}

async function destroyCopy(o: ExecuteOptions, authority: Authority, target: Target): Promise<CopyResult> {
  await using held = await holdFolderOf(target.copy, o.reach)
  await using destroyer = await openDestroyer(target.copy, o.reach, target.ordered)
  const observed = await observeAs(o, authority, target, destroyer)
  const moment = await momentOf(o)
  assertGuards(destructionGuards(await factsOf(o, authority, o.executor.fingerprint, [observed], moment)))
  const folder = await holdingFolder(target.copy, o.reach)
  await assertHeld(held, target.copy)
  await append(o, 'destruction-started', target, {
    ...(await keepMoment(o.dossier, moment)),
    fingerprint: observed.observedFingerprint ?? '',
    ...(folder === undefined ? {} : { folder }),
    ...((await isWholeDisk(target.copy, o.reach)) ? { mounted: true } : {}),
    ...(destroyer.server === undefined ? {} : { server: destroyer.server }),
    ...(destroyer.age === undefined ? {} : { age: destroyer.age }),
    ...(destroyer.parts === undefined ? {} : { parts: { ...destroyer.parts } }),
    category: destroyer.method.category,
    technique: destroyer.method.technique,
    limits: destroyer.method.limits,
  })
  return await carryOut(o, target, destroyer, held)
}

async function carryOut(
  o: ExecuteOptions,
  target: Target,
  destroyer: Destroyer,
  held: HeldFolder | undefined,
): Promise<CopyResult> {
  const tally = { steps: 0, count: 0 }
  const kept: Kept[] = []
  const requests = new Requests()
  try {
    for await (const step of destroyer.destroy(o.reach.signal)) {
      if (step.kept) kept.push(step.kept)
      else tallyStep(tally, step)
      if (step.request !== undefined) requests.add(step.request)
      o.onStep?.(target.copy.name, step)
    }
    // A moment ago it was there: somebody else removed it, or gave it another name.
    if (tally.steps === 0 && kept.length === 0) await isGone(o, target)
    await assertHeld(held, target.copy)
  } catch (thrown) {
    if (o.reach.signal.aborted) throw asRestituteError(thrown)
    return finish(o, target, { result: 'failed', ...tally, error: asRestituteError(thrown) }, requests)
  }
  return finish(
    o,
    target,
    kept.length > 0 ? { result: 'kept', ...tally, kept } : { result: 'done', ...tally },
    requests,
  )
}

function tallyStep(tally: { steps: number; count: number }, step: DestroyStep): void {
  tally.steps++
  tally.count += step.count ?? 0
}

async function finish(
  o: ExecuteOptions,
  target: Target,
  end: Omit<CopyResult, 'copy' | 'kind'>,
  requests: Requests,
): Promise<CopyResult> {
  const { result, steps, count, kept, error } = end
  const stays = kept === undefined ? {} : { kept: keptJson(kept) }
  const emptied = result === 'failed' && (await isEmptied(target.copy, o.reach)) ? { emptied: true } : {}
  await append(o, 'destruction-finished', target, {
    result,
    steps,
    count,
    ...stays,
    ...emptied,
    ...(error?.details['untouched'] === true ? { untouched: true } : {}),
    ...requests.body(),
  })
  return { copy: target.copy.name, kind: target.copy.kind, ...end }
}

async function append(
  o: ExecuteOptions,
  type: 'destruction-started' | 'destruction-finished',
  target: Target,
  body: JsonObject,
): Promise<void> {
  await o.dossier.ledger.append({
    type,
    operation: o.operation,
    body: { orderSha256: o.orderSha256, copy: target.copy.name, ...body },
    key: o.executor,
    at: o.clock.now(),
  })
}
