import { counted, type Json, type Kept, RestituteError } from '@restitute/core'
import {
  type CopyResult,
  type DestructionOptions,
  type DestructionPlan,
  executeDestruction,
  type PlannedCopy,
  planDestruction,
  type SeenCopy,
  seeCopies,
} from '@restitute/destruction'
import { type Dossier, type GuardVerdict, isUntyped, signedDocument, stateOf } from '@restitute/dossier'
import { type DeliveredJournals, openJournals } from '@restitute/run'
import { openCase, operationOf } from '../case.ts'
import { type CommandDefinition, flag, given, texts } from '../command.ts'
import { nextCommand } from '../next-command.ts'
import { destructionOptions, reachOf, registerOf } from '../register.ts'
import type { Outcome, Session } from '../session.ts'

/** What `destroy` is told. */
export interface DestroyOptions {
  readonly execute: boolean
  /** The verifier looks at every copy, before anything is destroyed. */
  readonly see: boolean
  /** `<copy>=<fingerprint>`, typed once per system. */
  readonly confirm: readonly string[]
  readonly operation?: string
}

/** The plan of destruction and what stands against it; the verifier's look; or, with `execute`, the destruction. */
export async function destroy(session: Session, options: DestroyOptions): Promise<Outcome> {
  if (options.see && options.execute)
    throw new RestituteError('usage', 'destroy: --see and --execute are for two different persons')
  const dossier = await openCase(session)
  const operation = operationOf(dossier, options.operation)
  if (options.see) return see(session, dossier, operation)
  const typed = new Map(options.confirm.map(parseConfirmation))
  const journals = lazyJournals(dossier, operation)
  try {
    const destruction = await destructionOptions(session, dossier, operation, journals.open, typed)
    await refuseUnknown(destruction)
    const person = await session.actor()
    return options.execute
      ? resultOutcome(session, await executeDestruction({ ...destruction, executor: person }))
      : planOutcome(await planDestruction({ ...destruction, executor: person.fingerprint }))
  } finally {
    journals.close()
  }
}

/** The journals lie in the work folder, which may itself be destroyed by now: opened only when asked for. */
function lazyJournals(
  dossier: Dossier,
  operation: string,
): { open: () => DeliveredJournals; close: () => void } {
  let journals: DeliveredJournals | undefined
  const { packages } = stateOf(dossier.ledger.events(), operation)
  return {
    open: () => (journals ??= openJournals(dossier.paths.work, packages)),
    close: () => journals?.[Symbol.dispose](),
  }
}

async function see(session: Session, dossier: Dossier, operation: string): Promise<Outcome> {
  const seen = await seeCopies({
    dossier,
    operation,
    copies: await registerOf(session, dossier, operation),
    verifier: await session.actor(),
    reach: reachOf(session, dossier),
    clock: session.clock,
  })
  return {
    exit: seen.every(({ sighting }) => sighting.state === 'present') ? 0 : 4,
    json: { seen: seen.map(seenJson) },
    lines: seen.flatMap(seenLines),
  }
}

/** A sighting for `--json`. */
export function seenJson({ copy, sighting }: SeenCopy): Json {
  const {
    fingerprint,
    kept,
    others: _,
    otherParts: __,
    lacksFolder: ___,
    namesOfAccount: ____,
    ...rest
  } = sighting
  return {
    copy,
    ...rest,
    ...(kept === undefined ? {} : { kept: kept.map((one) => ({ ...one })) }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  }
}

/** What stays of a copy, for people. */
export function keptLine({ reason, count, until }: Kept): string {
  return `${count} ${reason}${until === undefined ? '' : ` until ${until}`}`
}

/** A sighting for people; one that decided nothing with what was asked and answered, and the limit that came last. */
export function seenLines({ copy, sighting }: SeenCopy): string[] {
  const { state, identity, looked, limits } = sighting
  const fingerprint = sighting.fingerprint === undefined ? '' : `  fingerprint ${sighting.fingerprint}`
  const kept = (sighting.kept ?? []).map((one) => `  ${keptLine(one)}`).join('')
  const line = `${state.padEnd(15)} ${copy}${fingerprint}${kept}  (looked as ${identity})`
  return state === 'could-not-check'
    ? [line, ...[...looked, ...limits.slice(-1)].map((one) => `  ${one}`)]
    : [line]
}

function parseConfirmation(typed: string): [string, string] {
  const at = typed.lastIndexOf('=')
  if (at > 0) return [typed.slice(0, at), typed.slice(at + 1)]
  throw new RestituteError('usage', `--confirm: expected <copy>=<fingerprint>, got "${typed}"`, {
    hint: 'restitute destroy, without --execute, shows copies and fingerprints',
  })
}

/** A slip in a name: what was meant would look like typed, and is not. Every copy that `--see` shows may be typed. */
async function refuseUnknown({ dossier, orderSha256, copies, typed }: DestructionOptions): Promise<void> {
  const { document } = await signedDocument(dossier, 'order', orderSha256)
  const ordered = document.copies.map(({ name }) => name)
  const known = [...ordered, ...copies.map(({ name }) => name)]
  const unknown = [...typed.keys()].find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new RestituteError('usage', `--confirm: there is no copy "${unknown}"`, {
    hint: `the order names ${ordered.join(', ')}`,
  })
}

function planOutcome(plan: DestructionPlan): Outcome {
  const against = plan.guards.filter((verdict) => !verdict.holds && !isUntyped(verdict))
  return {
    exit: against.length > 0 ? 6 : 0,
    json: { copies: plan.copies.map(plannedJson), guards: plan.guards.map((verdict) => ({ ...verdict })) },
    lines: [
      'PLAN: nothing is destroyed without --execute',
      ...plan.copies.flatMap(plannedLines),
      ...plan.guards.map(guardLine),
      ...(against.length > 0
        ? []
        : ['every guard holds; --execute destroys, once each fingerprint is typed with --confirm']),
    ],
  }
}

function guardLine(verdict: GuardVerdict): string {
  const { guard, holds, reason, hint } = verdict
  if (isUntyped(verdict)) return `to type  ${guard}: --confirm <copy>=<fingerprint> for each copy above`
  if (holds) return `holds    ${guard}`
  return `AGAINST  ${guard}: ${reason ?? 'does not hold'}${hint === undefined ? '' : ` (${hint})`}`
}

function plannedJson(copy: PlannedCopy): Json {
  return {
    name: copy.ordered.name,
    kind: copy.ordered.kind,
    action: copy.action,
    fingerprint: copy.ordered.fingerprint ?? null,
    steps: copy.steps.map(({ kept, ...step }) => ({ ...step, ...(kept ? { kept: { ...kept } } : {}) })),
    stepCount: copy.stepCount,
    ...(copy.method === undefined ? {} : { method: { ...copy.method } }),
    ...(copy.problem === undefined ? {} : { problem: copy.problem }),
  }
}

function plannedLines(copy: PlannedCopy): string[] {
  const { name, kind, fingerprint, deferredUntil } = copy.ordered
  if (copy.action === 'skip')
    return [
      `skip     ${kind} ${name}${deferredUntil === undefined ? '' : ` (deferred until ${deferredUntil})`}`,
    ]
  return [
    `destroy  ${kind} ${name}  fingerprint ${fingerprint ?? '–'}  ${counted(copy.stepCount, 'step')}${copy.method === undefined ? '' : `, ${copy.method.technique}`}`,
    ...(copy.ordered.bypassGovernance ? ['  GOVERNANCE locks are lifted, as the order says'] : []),
    ...copy.steps.flatMap(({ kept }) => (kept ? [`  KEPT ${keptLine(kept)}`] : [])),
    ...(copy.problem === undefined ? [] : [`  PROBLEM ${copy.problem}`]),
  ]
}

function resultOutcome(session: Session, results: readonly CopyResult[]): Outcome {
  const failed = results.filter(({ result }) => result === 'failed')
  const kept = results.some(({ result }) => result === 'kept')
  return {
    exit: failed.length > 0 ? 1 : kept ? 5 : 0,
    json: {
      copies: results.map(
        ({ error, kept: stays, ...rest }): Json => ({
          ...rest,
          ...(stays === undefined ? {} : { kept: stays.map((one) => ({ ...one })) }),
          ...(error === undefined ? {} : { error: error.message }),
        }),
      ),
    },
    lines: [
      ...results.map(
        (r) =>
          `${r.result.padEnd(6)}  ${r.kind} ${r.copy}: ${counted(r.steps, 'step')}${(r.kept ?? []).map((one) => `; ${keptLine(one)}`).join('')}${r.error === undefined ? '' : `: ${r.error.message}`}`,
      ),
      failed.length > 0
        ? 'STOPPED at the first failure; run it again once the cause is gone'
        : kept
          ? 'destroyed but for what has to stay; the verifier probes and certifies that, and this is run again when it may go'
          : `destroyed; now the verifier probes and certifies: ${nextCommand(session, 'certify')}`,
    ],
  }
}

/** `restitute destroy`. */
export const destroyCommand: CommandDefinition = {
  name: 'destroy',
  args: '',
  summary: 'the plan of destruction and what stands against it; with --execute, the destruction',
  options: [
    { flags: '--execute', description: 'destroy; every guard must hold' },
    {
      flags: '--confirm <copy=fingerprint>',
      description: "type a system's fingerprint, once for each",
      repeatable: true,
    },
    { flags: '--see', description: 'the verifier looks at every copy, before the destruction' },
    { flags: '--operation <name>', description: 'which restitution (default: the current one)' },
  ],
  examples: [
    'restitute destroy --dossier chu --as operator.key',
    'restitute destroy --dossier chu --as verifier.key --see',
    'restitute destroy --dossier chu --as operator.key --execute --confirm records=3f2a-9c1b-77de --confirm documents=…',
  ],
  run: (session, _args, options) =>
    destroy(session, {
      execute: flag(options, 'execute'),
      see: flag(options, 'see'),
      confirm: texts(options, 'confirm'),
      ...given(options, 'operation'),
    }),
}
