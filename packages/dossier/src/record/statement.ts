import { type Json, RestituteError } from '@restitute/core'
import { canonicalJson, type DocumentHead, parseJson } from '@restitute/manifest'

/** What lifts a protection, and hence is taken only in a form that a program can read. */
export const statementKinds = ['contest-closed', 'release', 'waiver'] as const

/** One of {@link statementKinds}. */
export type StatementKind = (typeof statementKinds)[number]

/** What the client may waive. */
export const waivables = ['notice', 'retrieval', 'single-key'] as const

/** One of {@link waivables}; `single-key`: a delivery to one recipient key alone. */
export type Waivable = (typeof waivables)[number]

/** A statement that its signers close a contest, release a hold or waive a protection. */
export interface Statement extends DocumentHead {
  readonly schema: 'restitute/statement/v1'
  readonly kind: StatementKind
  /** For people. */
  readonly text: string
  /** Sequence number of the event that it closes; for `contest-closed` and `release` only. */
  readonly of?: number
  /** What it waives; for `waiver` only. */
  readonly waives?: readonly Waivable[]
}

const maxBytes = 64 * 1024

/** Canonical JSON of a statement: what is signed. Throws `document-invalid`. */
export function statementBytes(statement: Statement): Uint8Array {
  const bytes = Buffer.from(canonicalJson(statement))
  readStatement(bytes)
  return new Uint8Array(bytes)
}

/** Reads a statement strictly; throws `document-invalid` naming the member, `hostile-input`. */
export function readStatement(bytes: Uint8Array): Statement {
  const value = parseJson(bytes, { bytes: maxBytes, depth: 4 })
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('', 'expected an object')
  for (const name of Object.keys(value))
    if (!Object.hasOwn(members, name)) throw wrong(`/${name}`, 'unknown member')
  for (const [name, fits] of Object.entries(members)) {
    if (!fits((value as Readonly<Record<string, Json>>)[name]))
      throw wrong(`/${name}`, 'missing or not in the expected form')
  }
  const statement = value as unknown as Statement
  if ((statement.kind === 'waiver') !== (statement.of === undefined))
    throw wrong('/of', 'only for what closes an event')
  if ((statement.kind === 'waiver') !== (statement.waives !== undefined))
    throw wrong('/waives', 'only for a waiver')
  if (Buffer.compare(Buffer.from(canonicalJson(statement)), bytes) !== 0)
    throw wrong('', 'expected canonical JSON')
  return statement
}

type Check = (value: Json | undefined) => boolean

const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value)

const members: Readonly<Record<string, Check>> = {
  schema: (value) => value === 'restitute/statement/v1',
  id: matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  createdAt: matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  contract: isContractRef,
  operation: matches(/^[A-Za-z][A-Za-z0-9]{0,31}$/),
  demonstration: (value) => value === undefined || value === true,
  kind: (value) => statementKinds.some((kind) => kind === value),
  text: (value) => typeof value === 'string',
  of: (value) => value === undefined || (Number.isSafeInteger(value) && Number(value) > 0),
  waives: (value) => value === undefined || isWaiverList(value),
}

function isContractRef(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { reference, sha256, ...rest } = value as Readonly<Record<string, Json>>
  return typeof reference === 'string' && matches(/^[0-9a-f]{64}$/)(sha256) && Object.keys(rest).length === 0
}

function isWaiverList(value: Json): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((one) => waivables.some((known) => known === one))
  )
}

function wrong(pointer: string, message: string): RestituteError {
  return new RestituteError(
    'document-invalid',
    `statement: ${pointer === '' ? '' : `${pointer}: `}${message}`,
    {
      details: { pointer },
    },
  )
}
