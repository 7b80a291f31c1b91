import { asRestituteError, type Json } from '@restitute/core'
import {
  certificationOf,
  type Dossier,
  type DueAction,
  dueActions,
  explainDeadlines,
  type Floor,
  floorsOf,
  isHeldBySilence,
  logState,
  type OperationState,
  operationsOf,
  statedForm,
  stateOf,
} from '@restitute/dossier'
import { type RunState, runningExports } from '@restitute/run'
import { openCase } from '../case.ts'
import type { CommandDefinition } from '../command.ts'
import { deadlinesJson } from '../deadline-remarks.ts'
import { runningJson, runningLines } from '../running.ts'
import type { Outcome, Session } from '../session.ts'

/** Where each operation stands, how far a running export is, which floors still run, what is due when. */
export async function status(session: Session): Promise<Outcome> {
  const dossier = await openCase(session)
  const now = session.clock.now()
  const events = dossier.ledger.events()
  const operations = operationsOf(events).map((name) => ({
    state: stateOf(events, name),
    floors: floorsOf(dossier.terms, events, name, now),
  }))
  const running = runningIn(session, dossier)
  const log = await logState(dossier)
  const due = dueActions(dossier.terms, events, now, log)
  return {
    exit: 0,
    json: {
      contract: {
        reference: dossier.terms.contract.reference,
        sha256: dossier.terms.sha256,
        pinned: dossier.pinned,
      },
      operations: operations.map(
        ({ state, floors }): Json => ({
          operation: state.operation,
          stage: state.stage ?? null,
          held: heldBy(dossier, state, now),
          incidents: state.incidents.map((event) => event.sequence),
          sources: state.sources ?? null,
          receiptForm: state.acknowledgement === undefined ? null : statedForm(state.acknowledgement),
          packages: state.packages.map((ref) => ref.package),
          floors: floors.map((floor) => ({ ...floor })),
        }),
      ),
      running: running.map((state) => runningJson(state, now)),
      due: due.map((action) => ({ ...action })),
      log: { ...log },
      deadlines: deadlinesJson(dossier.terms),
      certification: { ...certificationOf(dossier.terms, events, now) },
    },
    lines: [
      ...head(dossier),
      ...operations.flatMap(({ state, floors }) =>
        operationLines(state, floors, heldBy(dossier, state, now)),
      ),
      ...running.flatMap((state) => runningLines(state, now)),
      ...due.map(dueLine),
    ],
  }
}

/** Whoever reads a copy, or may not look into the work folder, is told all the rest. */
function runningIn({ note }: Session, { paths }: Dossier): RunState[] {
  try {
    return runningExports(paths.work)
  } catch (thrown) {
    note(`warning: ${asRestituteError(thrown).message}`)
    return []
  }
}

function head(dossier: Dossier): string[] {
  const { contract, warnings } = dossier.terms
  return [
    `${contract.reference}: ${contract.parties.host.name} for ${contract.parties.client.name}`,
    `contract ${dossier.pinned ? 'pinned' : 'NOT pinned: nothing can be destroyed under it'}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...explainDeadlines(dossier.terms).collisions.map(({ sentence }) => `warning: ${sentence}`),
  ]
}

/** Why an operation is held: the types of what is open, and the client's silence. */
function heldBy(dossier: Dossier, state: OperationState, now: Date): string[] {
  const silent = isHeldBySilence(dossier.terms, dossier.ledger.events(), state, now)
  return [...state.held.map(({ type }) => type), ...(silent ? ['silence'] : [])]
}

function operationLines(state: OperationState, floors: readonly Floor[], held: readonly string[]): string[] {
  return [
    `${state.operation}  ${state.stage ?? 'nothing yet'}${held.length > 0 ? `  HELD (${held.join(', ')})` : ''}${state.incidents.length > 0 ? '  INCIDENT' : ''}`,
    ...state.packages.map((ref) => `  package ${ref.package}  sha256 ${ref.manifestSha256}`),
    ...receiptLines(state),
    ...floors.map(floorLine),
  ]
}

/** Only where it is not signed by OpenPGP: what it is worth then is no matter of course. */
function receiptLines({ acknowledgement }: OperationState): string[] {
  if (acknowledgement === undefined) return []
  const form = statedForm(acknowledgement)
  if (form === 'openpgp') return []
  const how = form === 'x509' ? 'signed by X.509' : 'declared, signed by hand, not cryptographically verified'
  return [`  receipt ${how} (event ${acknowledgement.sequence})`]
}

function floorLine(floor: Floor): string {
  const state = floor.waived
    ? 'waived'
    : floor.elapsed
      ? 'elapsed'
      : floor.until === undefined
        ? 'not begun'
        : `until ${floor.until}`
  return `  floor ${floor.name} ${floor.duration} (${floor.rules.join(', ')}): ${state}, by ${floor.clock}`
}

function dueLine(action: DueAction): string {
  const when = action.due === undefined ? '' : ` by ${action.due}${action.overdue ? ' OVERDUE' : ''}`
  const about = action.event === undefined ? '' : ` for event ${action.event}`
  const contact = action.contact === undefined ? '' : ` to ${action.contact}`
  return `due  ${action.operation}  ${action.action}${about} (${action.by})${contact}${when}`
}

/** `restitute status`. */
export const statusCommand: CommandDefinition = {
  name: 'status',
  args: '',
  summary: 'where each operation stands, what is due when',
  options: [],
  examples: ['restitute status --dossier chu', 'restitute status --dossier chu --json'],
  run: (session) => status(session),
}
