import { createRequire } from 'node:module'
import type * as ajv from 'ajv/dist/2020.js'
import type { DefinedError, ValidateFunction } from 'ajv/dist/2020.js'
import { type Problem, problemOf } from './problems.ts'

/** What has a schema in `manifests/v1/`. */
export type SchemaName =
  | 'certificate'
  | 'contract'
  | 'custody'
  | 'declaration'
  | 'incident'
  | 'mandate'
  | 'manifest'
  | 'order'
  | 'receipt'
  | 'rehearsal'
  | 'request'
  | 'scope'
  | 'statement'

const compiled = new Map<SchemaName, ValidateFunction>()

/** What is wrong with `value`; nothing when it fits. Every problem of a contract, the first one of a document. */
export function problemsOf(name: SchemaName, value: unknown): readonly Problem[] {
  const validate = compiled.get(name) ?? compile(name)
  if (validate(value)) return []
  return ((validate.errors ?? []) as DefinedError[]).filter(isTelling).map(problemOf)
}

const quick = { validateSchema: false, code: { optimize: false } } as const

function compile(name: SchemaName): ValidateFunction {
  // All errors at once only where the author is a person at a keyboard: elsewhere it is a way to burn time.
  const allErrors = name === 'contract'
  // Every command waits for this: the schemas themselves are checked by a test, and what is run once need not be optimised.
  const { Ajv2020 } = load('ajv/dist/2020.js') as typeof ajv
  const schemas = new Ajv2020({ strict: true, verbose: true, allErrors, ...quick })
  const validate = schemas.addSchema(schemaOf('common')).compile(schemaOf(name))
  compiled.set(name, validate)
  return validate
}

// Not imported: most threads check no document, and the library is among the longest to load.
const load = createRequire(import.meta.url)

function schemaOf(name: SchemaName | 'common'): object {
  return load(`@restitute/manifests/v1/${name}.schema.json`) as object
}

/** What the name of a member fails is said by the `propertyNames` error beside it. */
function isTelling(error: DefinedError): boolean {
  return error.propertyName === undefined
}
