import type { Json } from '@restitute/core'
import {
  type Dossier,
  type DueAction,
  dueActions,
  type Floor,
  floorsOf,
  operationsOf,
  stateOf,
} from '@restitute/dossier'
import { runningExports } from '@restitute/run'
import { openCase } from '../case.ts'
import type { CommandDefinition } from '../command.ts'
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
  const running = runningExports(dossier.paths.work)
  const due = dueActions(dossier.terms, events, now)
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
          held: state.held.map((event) => event.type),
          packages: state.packages.map((ref) => ref.package),
          floors: floors.map((floor) => ({ ...floor })),
        }),
      ),
      running: running.map((state) => runningJson(state, now)),
      due: due.map((action) => ({ ...action })),
    },
    lines: [
      ...head(dossier),
      ...operations.flatMap(({ state, floors }) => operationLines(state, floors)),
      ...running.flatMap((state) => runningLines(state, now)),
      ...due.map(dueLine),
    ],
  }
}

function head(dossier: Dossier): string[] {
  const { contract, warnings } = dossier.terms
  return [
    `${contract.reference}: ${contract.parties.host.name} for ${contract.parties.client.name}`,
    `contract ${dossier.pinned ? 'pinned' : 'NOT pinned: nothing can be destroyed under it'}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ]
}

function operationLines(state: ReturnType<typeof stateOf>, floors: readonly Floor[]): string[] {
  return [
    `${state.operation}  ${state.stage ?? 'nothing yet'}${state.held.length > 0 ? `  HELD (${state.held.map((e) => e.type).join(', ')})` : ''}${state.incidents.length > 0 ? '  INCIDENT' : ''}`,
    ...state.packages.map((ref) => `  package ${ref.package}  sha256 ${ref.manifestSha256}`),
    ...floors.map(floorLine),
  ]
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
  return `due  ${action.operation}  ${action.action} (${action.by})${when}`
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
