import { isoTime, type Json, RestituteError } from '@restitute/core'
import {
  type DocumentKind,
  type Documents,
  documentBytes,
  type LedgerEvent,
  type StatementKind,
} from '@restitute/manifest'
import { scopeToApprove } from './approval.ts'
import type { LoadedContract } from './contract/loaded.ts'
import { documentHead } from './document-head.ts'
import { statementKinds } from './form-members.ts'
import { formValues } from './form-values.ts'
import { eventsFor, stateOf } from './operation-state.ts'
import { statementBytes } from './record/statement.ts'
import { after } from './starts.ts'

/** Documents that have a form to fill in. */
export const formKinds: readonly FormKind[] = [
  ...statementKinds,
  'request',
  'declaration',
  'custody',
  'mandate',
  'incident',
]

/** One of {@link formKinds}. */
export type FormKind = StatementKind | 'request' | 'declaration' | 'custody' | 'mandate' | 'incident'

/** What a form is made of. */
export interface FormOptions {
  readonly kind: FormKind
  readonly terms: LoadedContract
  readonly events: readonly LedgerEvent[]
  /** `R1`, …, or `dossier`. */
  readonly operation: string
  readonly at: Date
  readonly language: 'fr' | 'en'
  /** Member → text, for what is known already: lists by commas, `about` as `source:items`, `signer` as a name. */
  readonly set: ReadonlyMap<string, string>
}

/**
 * Canonical JSON of a document with what is known filled in, and the rest marked `FILL IN` or `À REMPLIR`:
 * nobody can sign or record it before that is done. Throws `usage` for a member that the kind has not, and for
 * the end of an event when none is open; `document-invalid` for a value that does not fit.
 */
export function formOf(o: FormOptions): Uint8Array {
  const values = formValues(o)
  const kind = documentOf(o.kind)
  const document = {
    schema: `restitute/${kind}/v1`,
    ...documentHead(o.terms, o.operation, o.at),
    ...defaultsOf(o, kind),
    ...values,
  }
  return kind === 'statement'
    ? statementBytes(document as unknown as Documents['statement'])
    : documentBytes(kind, document as unknown as Documents[typeof kind])
}

function documentOf(
  kind: FormKind,
): Exclude<DocumentKind, 'manifest' | 'scope' | 'receipt' | 'order' | 'certificate'> {
  return isStatement(kind) ? 'statement' : kind
}

function isStatement(kind: FormKind): kind is StatementKind {
  return statementKinds.some((one) => one === kind)
}

function defaultsOf(o: FormOptions, kind: DocumentKind): Record<string, Json> {
  const fill = (what: string): string => `${o.language === 'fr' ? 'À REMPLIR :' : 'FILL IN:'} ${what}`
  const now = isoTime(o.at)
  const signer = { name: fill('name') }
  if (kind === 'request') {
    return { kind: 'restitution', reason: 'end', text: fill('what is asked for'), signer }
  }
  if (kind === 'declaration') {
    const open = { copy: fill('copy'), holder: fill('holder'), method: fill('method'), text: fill('text') }
    return { ...open, endedAt: now, signer }
  }
  if (kind === 'custody') {
    return { copy: fill('copy'), holder: fill('holder'), text: fill('text'), signer }
  }
  if (kind === 'mandate') {
    const open = { key: fill('public key, armored'), text: fill('why') }
    return { ...open, commands: ['export'], expiresAt: after(now, 'P90D') }
  }
  if (kind === 'incident') return incidentDefaults(fill, now)
  return {
    kind: o.kind,
    text: o.kind === 'roles-withdrawn' ? fill(rolesText(o)) : fill('text'),
    ...(needsEvent(o) ? { of: openEvent(o) } : {}),
    ...waives(o),
    ...approves(o),
  }
}

/** What there is to review at the end of a case (SEC-HAB): who has which role, and the systems that have accounts for it. */
function rolesText({ terms: { contract }, language }: FormOptions): string {
  const roles = contract.persons.map(({ id, roles: held }) => `${id} (${held.join(', ')})`).join('; ')
  const sources = contract.instances
    .flatMap(({ sources: all }) => (all ?? []).map(({ name }) => name))
    .join(', ')
  const destinations = contract.destinations.map(({ name }) => name).join(', ')
  return language === 'fr'
    ? `revu et retiré, quand et par qui. Rôles : ${roles}. Comptes de lecture, de constat et de destruction : ${sources}. Accès aux destinations : ${destinations}. Mandats échus`
    : `reviewed and withdrawn, when and by whom. Roles: ${roles}. Accounts that read, probe and destroy: ${sources}. Access to destinations: ${destinations}. Mandates expired`
}

function incidentDefaults(fill: (what: string) => string, now: string): Record<string, Json> {
  return {
    nature: 'other',
    discoveredAt: now,
    text: fill('what happened'),
    categories: [fill('categories of persons and data')],
    persons: 0,
    records: 0,
    consequences: fill('likely consequences'),
    measures: fill('measures taken or proposed'),
    contact: fill('data protection officer'),
  }
}

/** What the client may do without once the restitution is over; more only where somebody writes it. */
function waives({ kind }: FormOptions): Record<string, Json> {
  return kind === 'waiver' ? { waives: ['retrieval'] } : {}
}

/** An approval is of the scope that both have signed. */
function approves({ kind, events, operation }: FormOptions): Record<string, Json> {
  if (kind !== 'export-approval') return {}
  const scopeSha256 = scopeToApprove(events, operation)
  if (scopeSha256 !== '') return { scopeSha256 }
  throw new RestituteError(
    'usage',
    `export-approval: ${operation} has no recorded scope that could be approved`,
  )
}

const ends: Readonly<Partial<Record<FormKind, readonly string[]>>> = {
  'contest-closed': ['contest'],
  'incident-closed': ['incident'],
  release: ['hold', 'withdrawal'],
}

function needsEvent({ kind, set }: FormOptions): boolean {
  return ends[kind] !== undefined && !set.has('of')
}

/** The newest open event that such a statement can end. */
function openEvent({ kind, events, operation }: FormOptions): number {
  const { held, incidents } = stateOf(events, operation)
  const own = eventsFor([...held, ...incidents], operation)
  const open = own.filter(({ type }) => ends[kind]?.includes(type))
  const newest = open.toSorted((a, b) => a.sequence - b.sequence).at(-1)
  if (newest !== undefined) return newest.sequence
  throw new RestituteError('usage', `${kind}: ${operation} has no open ${(ends[kind] ?? []).join(' or ')}`)
}
