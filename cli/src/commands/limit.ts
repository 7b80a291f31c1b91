import { formatBytes, parseRate, RestituteError } from '@restitute/core'
import type { SourceTerms } from '@restitute/manifest'
import { type Control, type SourceLimits, steerExport } from '@restitute/run'
import { openCase, sourceNamed } from '../case.ts'
import { type CommandDefinition, given, text } from '../command.ts'
import { rateOf } from '../rates.ts'
import { runningJson, runningLines } from '../running.ts'
import type { Outcome, Session } from '../session.ts'
import { workersOf } from '../workers.ts'

/** What `limit` is told; neither rate nor workers: the contract's terms alone hold again. */
export interface LimitOptions {
  readonly source: string
  readonly rate?: string
  readonly workers?: string
}

/** Holds one source of the running export back further than the contract does; returns once that is in force. */
export async function limit(session: Session, options: LimitOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  const limits = limitsOf(options)
  refuseMore(sourceNamed(dossier, options.source), limits)
  const change = (control: Control) => ({
    paused: control.paused,
    limits: { ...control.limits, [options.source]: limits },
  })
  const state = await steerExport(dossier.paths.work, change, session.signal)
  const now = session.clock.now()
  return { exit: 0, json: { running: runningJson(state, now) }, lines: runningLines(state, now) }
}

function limitsOf({ rate, workers }: LimitOptions): SourceLimits {
  return {
    ...(rate !== undefined && { rate: rateOf(rate) }),
    ...(workers !== undefined && { workers: workersOf(workers) }),
  }
}

/** The contract says how hard a source may be driven; only an amendment says otherwise. */
function refuseMore(terms: SourceTerms, { rate, workers }: SourceLimits): void {
  const allowed = terms.rate === undefined ? Infinity : parseRate(terms.rate)
  if ((rate ?? 0) > allowed) throw beyond(terms, `${formatBytes(allowed)}/s`)
  if (workers !== undefined && workers > (terms.workers ?? Infinity)) {
    throw beyond(terms, `${terms.workers} workers`)
  }
}

function beyond({ name }: SourceTerms, most: string): RestituteError {
  return new RestituteError('usage', `the contract allows ${name} at most ${most}`)
}

/** `restitute limit`. */
export const limitCommand: CommandDefinition = {
  name: 'limit',
  args: '',
  summary:
    "slow a running export's reading of one source; without --rate and --workers, back to the contract",
  options: [
    { flags: '--source <name>', description: 'which source', required: true },
    { flags: '--rate <rate>', description: 'not faster than this, for instance 20MB/s' },
    { flags: '--workers <n>', description: 'not more workers at once' },
  ],
  examples: [
    'restitute limit --dossier chu --source documents --rate 20MB/s --workers 2',
    'restitute limit --dossier chu --source documents',
  ],
  run: (session, _args, options) =>
    limit(session, { source: text(options, 'source') ?? '', ...given(options, 'rate', 'workers') }),
}
