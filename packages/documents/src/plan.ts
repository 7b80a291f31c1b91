import {
  type Contract,
  chargeLaws,
  type DeadlineTerm,
  type DocumentHead,
  type Instance,
  type SourceTerms,
  usualSample,
} from '@restitute/manifest'
import { country, euros, list, spokenDuration } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { type Edition, page } from './page.ts'
import { parties, references, section } from './parts.ts'
import type { PlanWords } from './plan-words.ts'
import { planEn } from './plan-words-en.ts'
import { planFr } from './plan-words-fr.ts'
import { table } from './table.ts'
import type { Words } from './words-fr.ts'

/** What binds between two moments, and who asks for it. */
export interface PlanBound extends Pick<DeadlineTerm, 'bound' | 'from' | 'to' | 'duration' | 'days'> {
  /** Rules with their sources; `contract` for its own words. */
  readonly asked: readonly string[]
}

/** A contract, and what its deadlines come to. */
export interface PlanRecord {
  readonly head: DocumentHead
  readonly contract: Contract
  readonly bounds: readonly PlanBound[]
  /** Collisions and what is missing: English sentences. */
  readonly remarks: readonly string[]
}

interface Context {
  readonly record: PlanRecord
  readonly w: PlanWords
  readonly words: Words
}

/** The clause that the contract needs: the four items of the requirement (EXI 32 of 2022, EXI 27 of v2.0), as the contract fills them. */
export function clauseHtml(record: PlanRecord, edition: Edition): string {
  return written(record, edition, 'clause', (c) => [...fourItems(c), rendering(c)])
}

/** The same with who does what, where packages go, rehearsals and contacts: what is needed to carry it out (R45). */
export function planHtml(record: PlanRecord, edition: Edition): string {
  return written(record, edition, 'plan', (c) => [
    ...fourItems(c),
    remarks(c),
    persons(c),
    destinations(c),
    rehearsal(c),
    contacts(c),
    rendering(c),
  ])
}

function written(
  record: PlanRecord,
  edition: Edition,
  kind: 'clause' | 'plan',
  body: (c: Context) => readonly Piece[],
): string {
  const w = edition.language === 'fr' ? planFr : planEn
  const requirement = edition.language === 'fr' ? 'au titre de l’exigence' : 'under requirement'
  return page(record.head, edition, w[kind].title, (words) => [
    html`<p class="lead">${w[kind].lead} ${requirement} ${edition.requirement}.</p>\n`,
    references(record.head, edition, words),
    parties(edition, words),
    certification(record, w),
    section(w.when, list(w.whenever)),
    ...body({ record, w, words }),
  ])
}

/** Which kinds of source have no connector: nobody should promise a format for them. */
export function kindsWithoutFormat({ instances }: Contract): string[] {
  const kinds = instances.flatMap(({ sources = [] }) => sources.filter(isReturned).map(kindOf))
  return [...new Set(kinds)].filter((kind) => !(kind in planEn.formatOf))
}

function fourItems(c: Context): Html[] {
  const { w } = c
  const authorisers = authorisersOf(c)
  return [
    section(w.total, html`<p>${w.totalSaid}</p>\n`, sources(c)),
    section(w.destruction, list(w.destructionSaid(authorisers)), copies(c)),
    section(w.procedures, list(w.steps(authorisers)), receipts(c), deadlines(c), costs(c)),
    section(w.formats, formats(c), html`<p>${w.machines}</p>\n<p>${w.byOrdinaryTools}</p>\n`),
  ]
}

/** As many as the contract asks for, never fewer than two. */
function authorisersOf({ record: { contract }, w }: Context): string {
  return w.authorisers(Math.max(2, contract.approval?.authorisers ?? 2))
}

function certification({ contract }: PlanRecord, w: PlanWords): Html {
  const { certificate } = contract.parties.host
  const said = certificate
    ? w.certified(certificate.scope.join(', '), certificate.issued, certificate.expires)
    : w.notCertified
  return section(w.certification, html`<p>${said}</p>\n`)
}

function kindOf({ url }: Pick<SourceTerms, 'url'>): string {
  return url.slice(0, url.indexOf(':'))
}

function isReturned({ excluded }: SourceTerms): boolean {
  return excluded === undefined
}

function each<T>(instances: readonly Instance[], rows: (instance: Instance) => readonly T[]): T[] {
  return instances.flatMap(rows)
}

function sources({ record: { contract }, w, words }: Context): Html {
  const rows = each(contract.instances, ({ code, country: at, sources: all = [] }) =>
    all.map((source): Piece[] => [
      source.name,
      code,
      country(at, words),
      kindOf(source),
      source.excluded === undefined ? w.returned : w.excluded(source.excluded),
    ]),
  )
  return table(undefined, [w.source, w.instance, w.country, w.kind, w.fate], rows)
}

function copies({ record: { contract }, w, words }: Context): Html {
  const kinds: Readonly<Record<string, string>> = words.certificate.kinds
  const rows = each(contract.instances, ({ code, copies: all = [] }) =>
    all.map((copy): Piece[] => [
      copy.name,
      code,
      kinds[copy.kind] ?? copy.kind,
      copy.rotation === undefined ? '–' : spokenDuration(copy.rotation, words),
      copy['held-by'] ?? '–',
    ]),
  )
  const shown =
    rows.length === 0
      ? html`<p>${w.noCopies}</p>\n`
      : table(undefined, [w.copy, w.instance, w.kind, w.rotation, w.heldBy], rows)
  return html`${shown}<p>${w.ownCopies}</p>\n`
}

function receipts({ record: { contract }, w }: Context): Html {
  const accepted = contract.receipts?.accepted ?? ['openpgp']
  const hand = contract.receipts?.['handwritten-consent'] ? w.handConsents : w.handNever
  const byHand = accepted.includes('handwritten') ? html`<p>${hand}</p>\n` : undefined
  return html`<h3>${w.receipts}</h3>\n${list(accepted.map((form) => w.receiptForms[form]))}${byHand}`
}

function deadlines({ record: { bounds }, w, words }: Context): Html {
  const rows = bounds.map((one): Piece[] => [
    w.milestones[one.from],
    w.milestones[one.to],
    `${w.bounds[one.bound](spokenDuration(one.duration, words))}${one.days === 'working' ? w.working : ''}`,
    one.asked.map((who) => (who === 'contract' ? words.contract : who)).join(', '),
  ])
  const shown =
    rows.length === 0
      ? html`<p>${w.noDeadlines}</p>\n`
      : table(undefined, [w.from, w.to, w.bound, w.asked], rows)
  return html`<h3>${w.deadlines}</h3>\n${shown}`
}

/** What stands between the contract and its deadlines; a clause is not issued before that is settled. */
function remarks({ record, w }: Context): Html | undefined {
  if (record.remarks.length === 0) return undefined
  return section(w.remarks, list(record.remarks.map((said) => html`<span lang="en">${said}</span>`)))
}

function costs({ record: { contract }, w, words }: Context): Html {
  const { rates = [], laws = [] } = contract.costs ?? {}
  const rows = rates.map((rate): Piece[] => [w.charges[rate.for], euros(rate.cents, words)])
  const shown =
    rows.length === 0
      ? html`<p>${w.noCosts}</p>\n`
      : table(undefined, [w.charge, { heading: w.rate, number: true }], rows)
  const named = laws.flatMap((law) => chargeLaws.get(law)?.source ?? [])
  const forbidden = named.length === 0 ? undefined : html`<p>${w.laws}</p>\n${list(named)}`
  return html`<h3>${w.costs}</h3>\n${shown}${forbidden}`
}

function formats({ record: { contract }, w }: Context): Html {
  const rows = each(contract.instances, ({ sources: all = [] }) =>
    all.filter(isReturned).map((source): Piece[] => {
      const kind = kindOf(source)
      return [source.name, kind, w.formatOf[kind] ?? html`<span class="failed">${w.unknownFormat}</span>`]
    }),
  )
  return table(undefined, [w.source, w.kind, w.format], rows)
}

function persons(c: Context): Html {
  const { record, w } = c
  const { contract } = record
  const duties = w.roles(authorisersOf(c))
  const own = contract.persons.filter(({ party }) => party === 'host')
  const rows = own.map(({ name, function: held, roles }): Piece[] => [
    held === undefined ? name : `${name}, ${held}`,
    list(roles.map((role) => duties[role])),
  ])
  return section(w.persons, table(undefined, [w.person, w.duty], rows))
}

function destinations({ record: { contract }, w, words }: Context): Html {
  const rows = contract.destinations.map((one): Piece[] => [
    one.name,
    country(one.country, words),
    one['outside-eea'] ?? '–',
  ])
  return section(w.destinations, table(undefined, [w.place, w.country, words.reason], rows))
}

function rehearsal({ record: { contract }, w }: Context): Html {
  const { cron, sample = usualSample } = contract.rehearsal ?? {}
  return section(
    w.rehearsal,
    html`<p>${cron === undefined ? w.notRehearsed : w.rehearsed(cron, sample)}</p>\n`,
  )
}

function contacts({ record: { contract }, w }: Context): Html {
  const all = (contract.parties.client.contacts ?? []).map(({ name, email, phone, referent }) =>
    [name, email, phone, referent ? w.referent : undefined].filter((part) => part !== undefined).join(', '),
  )
  return section(w.contacts, all.length === 0 ? html`<p>${w.noContacts}</p>\n` : list(all))
}

function rendering({ w }: Context): Html {
  return html`<p>${w.rendering}</p>\n`
}
