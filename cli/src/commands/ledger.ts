import { RestituteError } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import { contractsEver, openCase } from '../case.ts'
import { type CommandDefinition, texts } from '../command.ts'
import { verifyLedgerFile } from '../ledger-file.ts'
import { reportOutcome } from '../reports.ts'
import type { Outcome, Session } from '../session.ts'

/** Shows the ledger, or verifies its chain and signatures, and that it is the one that documents and packages pin. */
export async function ledger(
  session: Session,
  action: string,
  packages: readonly string[] = [],
): Promise<Outcome> {
  const dossier = await openCase(session)
  if (action === 'show') {
    const events = dossier.ledger.events()
    return { exit: 0, json: { events: events.map((event) => ({ ...event })) }, lines: events.map(line) }
  }
  if (action !== 'verify')
    throw new RestituteError('usage', `ledger: expected verify or show, got "${action}"`)
  const keys = contractsEver(dossier).flatMap(({ keys: { host, clients, persons } }) => [
    ...[host, ...clients],
    ...[...persons.values(), ...dossier.mandates].map(({ key }) => key),
  ])
  const report = await verifyLedgerFile({
    path: dossier.paths.ledger,
    keys: new Map(keys.map((key) => [key.fingerprint, key])),
    packages,
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
  options: [
    {
      flags: '--package <dir>',
      description: 'a package whose manifest pins the ledger',
      repeatable: true,
    },
  ],
  examples: ['restitute ledger --dossier chu', 'restitute ledger verify --dossier chu'],
  run: (session, [action = 'show'], options) => ledger(session, action, texts(options, 'package')),
}
