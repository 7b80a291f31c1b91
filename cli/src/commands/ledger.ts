import { RestituteError } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import { verifyLedgerLines } from '@restitute/verify'
import { openCase } from '../case.ts'
import type { CommandDefinition } from '../command.ts'
import { rawLines } from '../raw-lines.ts'
import { reportOutcome } from '../reports.ts'
import type { Outcome, Session } from '../session.ts'

/** Shows the ledger, or verifies its chain and signatures. */
export async function ledger(session: Session, action: string): Promise<Outcome> {
  const dossier = await openCase(session)
  if (action === 'show') {
    const events = dossier.ledger.events()
    return { exit: 0, json: { events: events.map((event) => ({ ...event })) }, lines: events.map(line) }
  }
  if (action !== 'verify')
    throw new RestituteError('usage', `ledger: expected verify or show, got "${action}"`)
  const { host, clients, persons } = dossier.terms.keys
  const keys = [host, ...clients, ...[...persons.values()].map(({ key }) => key)]
  const { report } = await verifyLedgerLines({
    lines: rawLines(dossier.paths.ledger),
    keys: new Map(keys.map((key) => [key.fingerprint, key])),
  })
  return reportOutcome(dossier.paths.ledger, report)
}

function line(event: LedgerEvent): string {
  return `${String(event.sequence).padStart(4)}  ${event.at}  ${event.operation.padEnd(7)}  ${event.type.padEnd(20)}  ${event.person.slice(-16)}  ${JSON.stringify(event.body)}`
}

/** `restitute ledger`. */
export const ledgerCommand: CommandDefinition = {
  name: 'ledger',
  args: '[action]',
  summary: 'the ledger: show (default) or verify',
  options: [],
  examples: ['restitute ledger --dossier chu', 'restitute ledger verify --dossier chu'],
  run: (session, [action = 'show']) => ledger(session, action),
}
