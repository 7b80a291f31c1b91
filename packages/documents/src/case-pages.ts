import type { JsonObject } from '@restitute/core'
import type { Checkpoint, DocumentHead, LedgerEvent, PackageRef } from '@restitute/manifest'
import { type CaseWords, caseWords } from './case-words.ts'
import { code, country, list, number, time } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { type Edition, page } from './page.ts'
import { packagesTable, parties, references, section } from './parts.ts'
import { facts, table } from './table.ts'
import type { Words } from './words-fr.ts'

/** What the ledger says of one operation. */
export interface CaseRecord {
  readonly head: DocumentHead
  /** Of the operation and of the whole case, in order. */
  readonly events: readonly LedgerEvent[]
  /** Every package of the operation. */
  readonly packages: readonly PackageRef[]
  /** The end of the ledger that was read. */
  readonly ledger: Checkpoint
}

/** The slip that goes with packages or media (R25, R45): what was handed over, where, how, and what the client does next. */
export function deliverySlipHtml(record: CaseRecord, edition: Edition): string {
  const w = caseWords[edition.language]
  const deliveries = record.events.filter(({ type }) => type === 'delivered')
  return page(record.head, edition, w.slip.title, (words) => [
    html`<p class="lead">${w.slip.lead} ${w.requirement} ${edition.requirement}.</p>\n`,
    references(record.head, edition, words),
    parties(edition, words),
    deliveries.length === 0 ? html`<p class="verdict open">${w.slip.none}</p>\n` : undefined,
    ...deliveries.map((event) => delivery(event, w, words)),
    section(w.slip.next, list(w.slip.nextSteps)),
    checkpoint(record.ledger, w),
    byHand(w),
  ])
}

/** The minutes of an operation (R45; the dated record that a public buyer's contract asks for): its course by the ledger. */
export function minutesHtml(record: CaseRecord, edition: Edition): string {
  const w = caseWords[edition.language]
  return page(record.head, edition, w.minutes.title, (words) => [
    html`<p class="lead">${w.minutes.lead} ${w.requirement} ${edition.requirement}.</p>\n`,
    references(record.head, edition, words),
    parties(edition, words),
    section(words.packages, packagesTable(record.packages, words)),
    section(w.minutes.course, course(record.events, edition, words), html`<p>${w.minutes.unstamped}</p>\n`),
    checkpoint(record.ledger, w),
    byHand(w),
  ])
}

function delivery({ at, body }: LedgerEvent, { slip }: CaseWords, words: Words): Html {
  const said = (name: string): string | undefined => textOf(body, name)
  const refs = Array.isArray(body['packages']) ? (body['packages'] as unknown as PackageRef[]) : []
  const where = said('country')
  const digest = said('listSha256')
  const figure = (name: string): string | undefined => {
    const value = body[name]
    return typeof value === 'number' ? number(value, words) : undefined
  }
  return section(
    slip.handedOver,
    facts([
      [slip.on, time(at, words)],
      [slip.place, said('place')],
      [slip.country, where === undefined ? undefined : country(where, words)],
      [slip.medium, said('medium')],
      [slip.seal, said('seal')],
      [slip.carrier, said('carrier')],
      [slip.recipient, said('recipient')],
      [slip.files, figure('files')],
      [words.bytes, figure('bytes')],
      [slip.list, digest === undefined ? undefined : code(digest)],
    ]),
    packagesTable(refs, words),
  )
}

function course(events: readonly LedgerEvent[], edition: Edition, words: Words): Html {
  const { minutes: w, events: names, colon, forms, logChanged } = caseWords[edition.language]
  const rows = events.map((event): Piece[] => [
    String(event.sequence),
    time(event.at, words),
    html`${names[event.type]}${about(event, colon, forms)}${changeSince(event, colon, logChanged)}`,
    edition.names?.get(event.person) ?? code(event.person),
    documentOf(event),
  ])
  return table(undefined, [w.number, w.date, w.event, w.by, w.document], rows)
}

/** Which copy or package, where the event is about one; in which form, where that says what a receipt is worth. */
function about({ body }: LedgerEvent, colon: string, forms: CaseWords['forms']): Html | undefined {
  const name = textOf(body, 'copy') ?? textOf(body, 'package') ?? forms[textOf(body, 'form') ?? '']
  return name === undefined ? undefined : html`${colon}${name}`
}

/** A review that was made again, because what an earlier one reviewed was changed. */
function changeSince({ body }: LedgerEvent, colon: string, logChanged: string): Html | undefined {
  const { changed } = body
  return typeof changed === 'number' ? html`${colon}${logChanged} ${String(changed)}` : undefined
}

const digests = [
  'sha256',
  'receiptSha256',
  'scopeSha256',
  'orderSha256',
  'certificateSha256',
  'manifestSha256',
]

function documentOf({ body }: LedgerEvent): Piece {
  const digest = digests.map((name) => textOf(body, name)).find((found) => found !== undefined)
  return digest === undefined ? '–' : code(digest)
}

function textOf(body: JsonObject, name: string): string | undefined {
  const value = body[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The end of the ledger that a page was made from. */
export function checkpoint({ sequence, sha256 }: Checkpoint, w: CaseWords): Html {
  return section(
    w.ledger,
    html`<p>${w.ledgerNote}</p>\n`,
    facts([
      [w.lastEvent, String(sequence)],
      [w.lineDigest, code(sha256)],
    ]),
  )
}

function byHand(w: CaseWords): Html {
  const blank = html`<br><br><br>`
  return section(
    w.byHand,
    table(
      undefined,
      [w.forHost, w.forClient],
      [
        [w.nameDateSignature, w.nameDateSignature],
        [blank, blank],
      ],
    ),
    html`<p>${w.handNote}</p>\n`,
  )
}
