import { RestituteError } from '@restitute/core'

/** Deeper than any document of ours; also what ends a cycle. */
const maxDepth = 512

/**
 * The one canonical text of a JSON value (RFC 8785): members by UTF-16 code units, ECMAScript numbers, no
 * white space. Throws `document-invalid` for what has no such text: `undefined`, NaN, infinities, lone
 * surrogates, functions, objects with a class (`Date`, `Map`), cycles.
 */
export function canonicalJson(value: unknown): string {
  return textOf(value, 0)
}

function textOf(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return textOfString(value)
  if (typeof value === 'number') return textOfNumber(value)
  if (typeof value !== 'object') throw noJson(`${typeof value} is no JSON value`)
  if (depth === maxDepth) throw noJson(`nested deeper than ${maxDepth}, or a cycle`)
  if (Array.isArray(value)) return textOfArray(value, depth + 1)
  if (!isPlain(value)) throw noJson(`${value.constructor.name} is no JSON value`)
  return textOfObject(value, depth + 1)
}

/** What JSON writes as it is; most strings are, and this is half the time. */
const plain = /^[ !#-[\]-~]*$/

function textOfString(value: string): string {
  if (plain.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw noJson('a string with a lone surrogate has no UTF-8')
  return JSON.stringify(value)
}

function textOfNumber(value: number): string {
  if (!Number.isFinite(value)) throw noJson(`${value} is no JSON number`)
  return JSON.stringify(value)
}

function textOfArray(value: readonly unknown[], depth: number): string {
  let text = ''
  for (const element of value) text += `${text && ','}${textOf(element, depth)}`
  return `[${text}]`
}

function textOfObject(value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = ''
  // The default order is the one that RFC 8785 asks for: UTF-16 code units.
  for (const key of Object.keys(value).sort())
    text += `${text && ','}${textOfString(key)}:${textOf(value[key], depth)}`
  return `{${text}}`
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function noJson(reason: string): RestituteError {
  return new RestituteError('document-invalid', `canonical JSON: ${reason}`)
}
