import { type IncidentRecord, incidentsHtml } from '@restitute/documents'
import { type Dossier, isOurs, storedDocument } from '@restitute/dossier'
import { type LedgerEvent, readDocument } from '@restitute/manifest'
import { openCase } from './case.ts'
import { editionOf, pageOf } from './case-document.ts'
import { writeNew } from './new-file.ts'
import type { Outcome, Session } from './session.ts'

/** Writes the record of breaches of a whole case: every incident with its documents, open or closed. */
export async function incidentDocument(session: Session, out: string): Promise<Outcome> {
  const dossier = await openCase(session)
  const { head, ledger } = pageOf(dossier, 'dossier', session.clock.now())
  const incidents: IncidentRecord[] = []
  for (const event of dossier.ledger.events().filter(({ type }) => type === 'incident'))
    incidents.push(await recordOf(dossier, event))
  await writeNew(out, incidentsHtml({ head, incidents, ledger }, editionOf(dossier, session, out)))
  return {
    exit: 0,
    json: { kind: 'incident', file: out, incidents: incidents.length },
    lines: [`incident  ${out}`],
  }
}

async function recordOf(dossier: Dossier, event: LedgerEvent): Promise<IncidentRecord> {
  const bytes = await bytesOf(dossier, event)
  const closed = dossier.ledger
    .events()
    .find(
      ({ type, body }) => (type === 'incident-closed' || type === 'release') && body['of'] === event.sequence,
    )
  const closing = closed && { event: closed, text: await closingText(dossier, closed) }
  return {
    event,
    ...(isOurs(bytes) ? { incident: readDocument('incident', bytes) } : {}),
    ...(closing === undefined ? {} : { closing }),
  }
}

async function closingText(dossier: Dossier, event: LedgerEvent): Promise<string> {
  return readDocument('statement', await bytesOf(dossier, event)).text
}

async function bytesOf({ paths }: Dossier, { body }: LedgerEvent): Promise<Uint8Array> {
  return (await storedDocument(paths, body['sha256'] as string)).bytes
}
