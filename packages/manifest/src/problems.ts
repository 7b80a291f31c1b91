import type { DefinedError } from 'ajv/dist/2020.js'

/** One thing that is wrong in a document or contract. */
export interface Problem {
  /** Where: an RFC 6901 JSON pointer, empty for the whole. Control characters are shown as `\u00xx`. */
  readonly pointer: string
  /** What was expected there: lower case, no full stop; never the value that was found. */
  readonly message: string
}

const types: Readonly<Record<string, string>> = {
  object: 'an object with members',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

/** A finding of ajv (compiled with `verbose`) as a {@link Problem}. */
export function problemOf(error: DefinedError): Problem {
  return { pointer: printable(pointerOf(error)), message: messageOf(error) }
}

function pointerOf(error: DefinedError): string {
  const { instancePath: at } = error
  if (error.keyword === 'required') return `${at}/${escape(error.params.missingProperty)}`
  if (error.keyword === 'additionalProperties') return `${at}/${escape(error.params.additionalProperty)}`
  if (error.keyword === 'propertyNames') return `${at}/${escape(error.params.propertyName)}`
  return at
}

function messageOf(error: DefinedError): string {
  if (error.keyword === 'required') return 'missing'
  if (error.keyword === 'additionalProperties') return `unknown member, expected only ${membersOf(error)}`
  if (error.keyword === 'propertyNames') return `expected as its name ${describedBy(error)}`
  if (error.keyword === 'enum') return `expected one of ${error.params.allowedValues.join(', ')}`
  if (error.keyword === 'const') return `expected ${JSON.stringify(error.params.allowedValue)}`
  if (error.keyword === 'uniqueItems') return `expected no value twice, got item ${error.params.j} again`
  if (error.keyword === 'minItems') return `expected at least ${error.params.limit} in the list`
  return `expected ${describedBy(error)}`
}

function membersOf(error: DefinedError): string {
  return Object.keys(error.parentSchema?.['properties'] ?? {}).join(', ')
}

/** The schema's own words, where it has them: every pattern of ours is described for people. */
function describedBy(error: DefinedError): string {
  const described: unknown = error.parentSchema?.['description']
  if (typeof described === 'string') return described
  if (error.keyword === 'type') return types[String(error.params.type)] ?? String(error.params.type)
  return `a value that ${error.message ?? 'fits the schema'}`
}

/** RFC 6901 §3. */
function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function printable(pointer: string): string {
  return pointer.slice(0, 200).replace(/[\p{Cc}\p{Cf}]/gu, (c) => {
    return `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
