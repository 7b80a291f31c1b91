import { type Json, RestituteError } from '@restitute/core'
import { canonicalJson } from './canonical-json.ts'
import type { Certificate, Order, Scope } from './documents/destruction.ts'
import type { Manifest } from './documents/package-manifest.ts'
import type { Receipt } from './documents/receipt.ts'
import type { Rehearsal } from './documents/rehearsal.ts'
import type { Custody, Declaration, Incident, Mandate, Request, Statement } from './documents/statement.ts'
import { newerVersion } from './newer-version.ts'
import { parseJson } from './parse-json.ts'
import { problemsOf } from './schemas.ts'

/** The signed documents by the name of their kind. */
export interface Documents {
  readonly manifest: Manifest
  readonly receipt: Receipt
  readonly order: Order
  readonly certificate: Certificate
  readonly scope: Scope
  readonly statement: Statement
  readonly request: Request
  readonly declaration: Declaration
  readonly custody: Custody
  readonly mandate: Mandate
  readonly incident: Incident
  readonly rehearsal: Rehearsal
}

/** A kind of signed document. */
export type DocumentKind = keyof Documents

const kinds: ReadonlyMap<string, DocumentKind> = new Map([
  ['restitute/manifest/v1', 'manifest'],
  ['restitute/receipt/v1', 'receipt'],
  ['restitute/order/v1', 'order'],
  ['restitute/certificate/v1', 'certificate'],
  ['restitute/certificate/v2', 'certificate'],
  ['restitute/scope/v1', 'scope'],
  ['restitute/statement/v1', 'statement'],
  ['restitute/request/v1', 'request'],
  ['restitute/declaration/v1', 'declaration'],
  ['restitute/custody/v1', 'custody'],
  ['restitute/mandate/v1', 'mandate'],
  ['restitute/incident/v1', 'incident'],
  ['restitute/rehearsal/v1', 'rehearsal'],
])

/**
 * The bytes that are signed: canonical JSON (RFC 8785) in UTF-8, no final line feed. Throws
 * `document-invalid`, naming the JSON pointer, when the document does not fit its schema.
 */
export function documentBytes<K extends DocumentKind>(kind: K, document: Documents[K]): Uint8Array {
  const text = canonicalJson(document)
  checkSchema(kind, document)
  return new TextEncoder().encode(text)
}

/**
 * Reads a signed document: strict JSON, its schema, and exactly the canonical bytes. Throws `document-invalid`,
 * naming the JSON pointer (`details.pointer`), `hostile-input` beyond the limits of {@link parseJson},
 * and `newer-version` for one of a form with another number. Says nothing of who signed it.
 */
export function readDocument<K extends DocumentKind>(kind: K, bytes: Uint8Array): Documents[K] {
  const value = parseJson(bytes)
  checkSchema(kind, value)
  checkCanonical(kind, value, bytes)
  return value as unknown as Documents[K]
}

/** Which document it claims to be, by its `schema` member; `document-invalid` when that is none, `newer-version` when it is none we know. */
export function documentKind(bytes: Uint8Array): DocumentKind {
  const value = parseJson(bytes)
  const kind = kinds.get(schemaOf(value))
  if (kind) return kind
  refuseNewer('document', value)
  throw refuse('document', '/schema', `expected one of ${[...kinds.keys()].join(', ')}`)
}

function schemaOf(value: unknown): string {
  const schema = isObject(value) ? value['schema'] : undefined
  return typeof schema === 'string' ? schema : ''
}

function refuseNewer(what: string, value: unknown): void {
  const schema = schemaOf(value)
  if (/^restitute\/[a-z]{1,32}\/v[1-9]\d{0,3}$/.test(schema) && !kinds.has(schema))
    throw newerVersion(`${what}: the form ${schema}`)
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkSchema(kind: DocumentKind, value: unknown): void {
  refuseNewer(kind, value)
  const [problem] = problemsOf(kind, value)
  if (problem) throw refuse(kind, problem.pointer, problem.message)
}

function checkCanonical(kind: DocumentKind, value: Json, bytes: Uint8Array): void {
  const canonical = new TextEncoder().encode(canonicalJson(value))
  if (canonical.length === bytes.length && canonical.every((byte, i) => byte === bytes[i])) return
  const at = canonical.findIndex((byte, i) => byte !== bytes[i])
  const first = at === -1 ? canonical.length : at
  throw refuse(kind, '', `expected canonical JSON (RFC 8785), which first differs at byte ${first}`)
}

function refuse(kind: string, pointer: string, message: string): RestituteError {
  const where = pointer === '' ? '' : `${pointer}: `
  return new RestituteError('document-invalid', `${kind}: ${where}${message}`, { details: { pointer } })
}
