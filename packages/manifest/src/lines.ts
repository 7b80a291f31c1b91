import { RestituteError } from '@restitute/core'
import { eventTypes, type LedgerEvent, type LedgerLine } from './documents/ledger-event.ts'
import type { IndexHeader, IndexLine } from './documents/package-index.ts'
import { newerVersion } from './newer-version.ts'

/*
 * An index has ten million lines: these checks are tables of small functions, an order of magnitude faster
 * than a compiled schema with its error objects.
 */

type Check = (value: unknown) => boolean

type Checks = Readonly<Record<string, Check>>

interface Shape {
  readonly members: ReadonlyMap<string, Check>
  readonly required: readonly string[]
}

function shape(required: Checks, optional: Checks): Shape {
  return { members: new Map(Object.entries({ ...required, ...optional })), required: Object.keys(required) }
}

/** Checks the first line of an index; throws `document-invalid` with the JSON pointer. */
export function validateIndexHeader(value: unknown): IndexHeader {
  check('index header', value, header)
  return value as IndexHeader
}

/** Checks a later line of an index, an item or an entry; throws `document-invalid` with the JSON pointer. */
export function validateIndexLine(value: unknown): IndexLine {
  check('index line', value, shapeOf(value))
  return value as IndexLine
}

/**
 * Checks a line of the ledger, its chain and signature apart; throws `document-invalid` with the JSON pointer,
 * `newer-version` for an event of a type that we do not know ({@link isKnownEvent}).
 */
export function validateLedgerLine(value: unknown): LedgerLine {
  const read = ledgerLineOf(value)
  if (!isKnownEvent(read.event)) throw newerVersion(`ledger line: an event of the type ${read.event.type}`)
  return read
}

/** {@link validateLedgerLine}, with events of any type. */
export function ledgerLineOf(value: unknown): LedgerLine {
  check('ledger line', value, line)
  check('ledger line', (value as LedgerLine).event, event, '/event')
  return value as LedgerLine
}

/** Whether the event is of a type that this version knows: a newer one may have others. */
export function isKnownEvent({ type }: LedgerEvent): boolean {
  return eventTypes.includes(type)
}

const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value)
const string: Check = (value) => typeof value === 'string'
const text: Check = (value) => typeof value === 'string' && value !== ''
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const ordinal: Check = (value) => count(value) && value !== 0
const hex64 = matches(/^[0-9a-f]{64}$/)
const relativePath = matches(/^(?!\/)(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\0\\]+$/s)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const header = shape({ schema: oneOf(['restitute/index/v1']), source: text, salt: hex64 }, {})

const item = shape(
  {
    item: text,
    kind: text,
    state: oneOf(['exported', 'unchanged', 'removed', 'excluded', 'lost']),
    bytes: count,
    mark: string,
  },
  { count, digest: hex64, attributes: isObject, leader: text, reason: string },
)

const placed = (type: Check) => ({ entry: relativePath, type, size: count, volume: relativePath })
const ofItem = { item: text, part: ordinal }

const entry = shape(placed(oneOf(['file', 'directory'])), { ...ofItem, sha256: hex64 })

const link = shape({ ...placed(oneOf(['link'])), link: relativePath, sha256: hex64 }, ofItem)

function shapeOf(value: unknown): Shape {
  if (!isObject(value) || !('entry' in value)) return item
  return value['type'] === 'link' ? link : entry
}

const line = shape(
  {
    event: isObject,
    signature: matches(/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  },
  {},
)

const event = shape(
  {
    sequence: ordinal,
    at: matches(/^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$/),
    operation: matches(/^[A-Za-z][A-Za-z0-9]{0,31}$/),
    type: matches(/^[a-z]+(?:-[a-z]+){0,9}$/),
    body: isObject,
    person: matches(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/),
    previous: hex64,
  },
  {},
)

function check(what: string, value: unknown, { members, required }: Shape, at = ''): void {
  if (!isObject(value)) throw refuse(what, at, 'expected an object')
  for (const key of Object.keys(value)) {
    const fits = members.get(key)
    if (!fits) throw refuse(what, at, 'has an unknown member')
    if (!fits(value[key])) throw refuse(what, `${at}/${key}`, 'not in the expected form')
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) throw refuse(what, `${at}/${key}`, 'missing')
  }
}

function refuse(what: string, pointer: string, message: string): RestituteError {
  return new RestituteError(
    'document-invalid',
    `${what}: ${pointer === '' ? '' : `${pointer}: `}${message}`,
    {
      details: { pointer },
    },
  )
}
