import { counted } from '@restitute/core'
import { stateOf } from '../operation-state.ts'
import { holdsRole } from '../roles.ts'
import type { CopyFacts, DestructionFacts, GuardVerdict } from './facts.ts'

/*
 * The guards on the copies themselves. Each returns why it does not hold, or nothing.
 */

const untyped = 'its fingerprint was not typed'

/**
 * Each copy is the one that was inventoried, a source as host and client have signed it: read now, and typed by a person (R35). What was not typed is named last:
 * a dry run, in which nothing is, must still name a system that is another one.
 */
export function tenant({ copies, order, scope }: DestructionFacts): string | undefined {
  const problems = copies.flatMap((copy) => {
    const ordered = order?.document.copies.find(({ name }) => name === copy.name)?.fingerprint
    const scoped = scope?.document.sources.find(({ name }) => name === copy.name)?.fingerprint
    const problem = mismatch(copy, ordered, copy.kind === 'source' ? scoped : undefined)
    return problem === undefined ? [] : [`${copy.name}: ${problem}`]
  })
  return problems.find((problem) => !problem.endsWith(untyped)) ?? problems[0]
}

/** Whether a verdict says only that fingerprints are still to be typed, as it does in every dry run. */
export function isUntyped({ guard, reason }: GuardVerdict): boolean {
  return guard === 'tenant' && reason?.endsWith(untyped) === true
}

function mismatch(
  copy: CopyFacts,
  ordered: string | undefined,
  scoped: string | undefined,
): string | undefined {
  const { expectedFingerprint: expected, observedFingerprint: observed, typedFingerprint: typed } = copy
  if (!expected) return 'its fingerprint was never recorded'
  if (ordered !== undefined && ordered !== expected) return `expected ${expected}, the order says ${ordered}`
  if (scoped !== undefined && scoped !== expected)
    return `expected ${scoped}, which the signed scope names, the order says ${expected}`
  if (!observed) return 'its fingerprint cannot be read'
  if (observed !== expected) return `expected fingerprint ${expected}, got ${observed}`
  if (!typed) return untyped
  return typed === expected ? undefined : 'the fingerprint that was typed is another one'
}

/** Every source is, read now, what was delivered, but for what the consent lists. */
export function unchanged({ copies }: DestructionFacts): string | undefined {
  for (const { name, kind, differences } of copies) {
    if (kind === 'source' && differences === undefined)
      return `${name}: it was not compared with what was delivered`
    if (differences) return `${name}: ${counted(differences, 'item')} not as delivered`
  }
  return undefined
}

/**
 * A verifier, who is not the executor, saw each copy there, as the one it is, since the delivery: without
 * that, not finding it later would prove nothing (R36).
 */
export function probeReady(facts: DestructionFacts): string | undefined {
  const unseen = facts.copies.find((copy) => copy.probeable && !wasSeen(facts, copy))
  return unseen && `${unseen.name}: no verifier other than the executor has seen it since the delivery`
}

function wasSeen({ events, operation, executor, contract }: DestructionFacts, copy: CopyFacts): boolean {
  const delivered = stateOf(events, operation).delivery?.sequence ?? Number.POSITIVE_INFINITY
  return events.some(
    ({ type, operation: of, sequence, body, person }) =>
      type === 'copy-seen' &&
      of === operation &&
      sequence > delivered &&
      body['copy'] === copy.name &&
      body['state'] === 'present' &&
      body['fingerprint'] === copy.expectedFingerprint &&
      person !== executor &&
      holdsRole(contract, person, 'verifier'),
  )
}
