import type { Checkpoint, DocumentHead, Incident, LedgerEvent } from '@restitute/manifest'
import { checkpoint } from './case-pages.ts'
import { caseWords } from './case-words.ts'
import { code, list, number, time } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { type IncidentWords, incidentWords } from './incident-words.ts'
import { type Edition, page } from './page.ts'
import { parties, references, section } from './parts.ts'
import { facts } from './table.ts'
import type { Words } from './words-fr.ts'

/** An incident as the ledger and its documents have it. */
export interface IncidentRecord {
  readonly event: LedgerEvent
  /** Absent where it was recorded from a letter. */
  readonly incident?: Incident
  /** How it was closed; absent while it is open. */
  readonly closing?: { readonly event: LedgerEvent; readonly text: string }
}

/** What the page of incidents is made of. */
export interface IncidentRegister {
  readonly head: DocumentHead
  readonly incidents: readonly IncidentRecord[]
  readonly ledger: Checkpoint
}

/** The record of breaches of a case (R56; GDPR, article 33(5)): every incident, what is known of it, how it was closed. */
export function incidentsHtml({ head, incidents, ledger }: IncidentRegister, edition: Edition): string {
  const w = incidentWords[edition.language]
  return page(head, edition, w.title, (words) => [
    html`<p class="lead">${w.lead}</p>\n`,
    references(head, edition, words),
    parties(edition, words),
    incidents.length === 0 ? html`<p class="verdict">${w.none}</p>\n` : undefined,
    ...incidents.map((one, i) => incident(one, i + 1, w, edition, words)),
    incidents.length === 0 ? undefined : html`<p>${w.law}</p>\n<p>${w.unsaid}</p>\n`,
    checkpoint(ledger, caseWords[edition.language]),
  ])
}

function incident(
  { event, incident: said, closing }: IncidentRecord,
  place: number,
  w: IncidentWords,
  edition: Edition,
  words: Words,
): Html {
  const { facts: f } = w
  const told = said?.notifiedAt
  const digest = event.body['sha256']
  return section(
    w.heading(place),
    html`<p class="verdict${closing === undefined ? ' open' : ''}">${closing === undefined ? w.open : w.closed}</p>\n`,
    said === undefined ? html`<p>${w.free}</p>\n` : undefined,
    facts([
      [f.event, String(event.sequence)],
      [f.recorded, byWhom(event, edition, words)],
      [f.nature, said && w.natures[said.nature]],
      [f.discovered, said && time(said.discoveredAt, words)],
      [f.text, said?.text],
      [f.categories, said && list(said.categories)],
      [f.persons, said && number(said.persons, words)],
      [f.records, said && number(said.records, words)],
      [f.consequences, said?.consequences],
      [f.measures, said?.measures],
      [f.contact, said?.contact],
      [f.notified, told === undefined ? w.notNotified : time(told, words)],
      [f.closedAt, closing === undefined ? w.notClosed : byWhom(closing.event, edition, words)],
      [f.closing, closing?.text],
      [f.document, typeof digest === 'string' ? code(digest) : undefined],
    ]),
  )
}

function byWhom({ at, person }: LedgerEvent, { names }: Edition, words: Words): Piece {
  return html`${time(at, words)}, ${names?.get(person) ?? code(person)}`
}
