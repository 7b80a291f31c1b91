import { RestituteError } from '@restitute/core'
import {
  changedReview,
  changeFound,
  type Dossier,
  type LogEntry,
  logLines,
  purgeLog,
  reviewedUntil,
  reviewLog,
} from '@restitute/dossier'
import type { LedgerEvent } from '@restitute/manifest'
import { openCase } from '../case.ts'
import { type CommandDefinition, flag, given } from '../command.ts'
import type { Outcome, Session } from '../session.ts'
import { type ExtractOptions, extractTraces } from '../traces.ts'

/** Shows the technical log, records its review or its purge, or writes the traces that a client asks for. */
export async function log(
  session: Session,
  action: string,
  options: Partial<ExtractOptions> & { readonly changed?: boolean },
): Promise<Outcome> {
  if (options.since !== undefined) refuseNoTime(options.since)
  const dossier = await openCase(session)
  switch (action) {
    case 'show':
      return show(session, dossier, options)
    case 'review':
      return review(session, dossier, options.changed ?? false)
    case 'purge':
      return purge(session, dossier)
    case 'extract': {
      const { out } = options
      if (out === undefined)
        throw new RestituteError('usage', 'log extract: name the file to write with --out')
      return extractTraces(session, dossier, { ...options, out })
    }
    default:
      throw new RestituteError('usage', `log: expected show, review, purge or extract, got "${action}"`)
  }
}

/** Times are compared as they are written: of any other text, everything or nothing would be later. */
function refuseNoTime(since: string): void {
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?$/.test(since) && !Number.isNaN(Date.parse(since))) return
  throw new RestituteError(
    'usage',
    `log: --since: expected a time in UTC such as 2026-11-01T00:00:00Z, got "${since}"`,
  )
}

/** What was changed since its review is shown all the same: whoever judges the change has to see it. */
async function show(
  session: Session,
  dossier: Dossier,
  { since = '' }: Partial<ExtractOptions>,
): Promise<Outcome> {
  const changed = await changedReview(dossier)
  if (changed !== undefined) session.note(`warning: ${changeFound(changed)}`)
  const reviewed = reviewedUntil(dossier.ledger.events())
  return {
    exit: changed === undefined ? 0 : 3,
    json: { reviewedUntil: reviewed === '' ? null : reviewed, changedSince: changed?.sequence ?? null },
    lines: [],
    items: shown(dossier, since, reviewed),
  }
}

async function* shown(dossier: Dossier, since: string, reviewed: string): NonNullable<Outcome['items']> {
  for await (const { entry } of logLines(dossier.paths.log)) {
    if (entry.at < since) continue
    yield { json: { ...entry }, line: lineOf(entry, entry.at < reviewed) }
  }
}

function lineOf(
  { at, command, exit, error, person, account, seconds }: LogEntry,
  isReviewed: boolean,
): string {
  const who = person === undefined ? `account ${account ?? '?'}` : person.slice(-16)
  const ended = error === undefined ? `exit ${exit}` : `exit ${exit} ${error}`
  return `${at}  ${isReviewed ? 'reviewed' : 'new     '}  ${command.padEnd(12)} ${who.padEnd(16)}  ${seconds} s  ${ended}`
}

async function review(session: Session, dossier: Dossier, changed: boolean): Promise<Outcome> {
  const key = await session.actor()
  const { event, summary } = await reviewLog({ dossier, key, at: session.clock.now(), changed })
  const { until, entries, failures, refusals } = summary
  return recorded(event, [
    ...(changed ? ['stated: what was reviewed before had been changed'] : []),
    `reviewed until ${until}: ${entries} entries, ${failures} of them failed, ${refusals} refused by a guard`,
    'what looks wrong is opened as an incident: restitute document form --kind incident',
  ])
}

async function purge(session: Session, dossier: Dossier): Promise<Outcome> {
  const purged = await purgeLog({ dossier, key: await session.actor(), at: session.clock.now() })
  if (purged === undefined)
    return { exit: 0, json: { event: null }, lines: ['nothing is old enough to be purged'] }
  return recorded(purged.event, [`purged ${purged.entries} entries, kept for ${purged.keep}`])
}

function recorded(event: LedgerEvent, lines: readonly string[]): Outcome {
  return {
    exit: 0,
    json: { event: { ...event } },
    lines: [...lines, `recorded ${event.type} as event ${event.sequence} of the ledger`],
  }
}

/** `restitute log`. */
export const logCommand: CommandDefinition = {
  name: 'log',
  args: '[action]',
  summary: 'the technical log: show (default), review, purge; extract: the traces, for the client',
  options: [
    { flags: '--since <time>', description: 'show, extract: from this moment on (2026-11-01T00:00:00Z)' },
    { flags: '--out <file>', description: 'extract: the file to write' },
    {
      flags: '--changed',
      description: 'review: what was reviewed has changed since; take it as it is, and state that',
    },
  ],
  examples: [
    'restitute log --dossier chu',
    'restitute log review --dossier chu --as verifier.key',
    'restitute log purge --dossier chu --as operator.key',
    'restitute log extract --out traces-chu.jsonl --dossier chu --as operator.key',
  ],
  notes: [
    'One line for each command that was run in the dossier: when, which, by which key or account, how it ended; no argument,',
    'no data. Reviewed monthly (SEC-JOU-2), purged once it has been kept as long as the contract says, 6 to 12 months',
    '(logs: { keep: P12M }, SEC-JOU-3); review and purge are events of the ledger. The extract has the ledger too, and is signed.',
  ],
  run: (session, [action = 'show'], options) =>
    log(session, action, { ...given(options, 'since', 'out'), changed: flag(options, 'changed') }),
}
