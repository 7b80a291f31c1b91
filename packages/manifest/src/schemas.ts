import certificate from '@restitute/manifests/v1/certificate.schema.json' with { type: 'json' }
import common from '@restitute/manifests/v1/common.schema.json' with { type: 'json' }
import contract from '@restitute/manifests/v1/contract.schema.json' with { type: 'json' }
import declaration from '@restitute/manifests/v1/declaration.schema.json' with { type: 'json' }
import incident from '@restitute/manifests/v1/incident.schema.json' with { type: 'json' }
import mandate from '@restitute/manifests/v1/mandate.schema.json' with { type: 'json' }
import manifest from '@restitute/manifests/v1/manifest.schema.json' with { type: 'json' }
import order from '@restitute/manifests/v1/order.schema.json' with { type: 'json' }
import receipt from '@restitute/manifests/v1/receipt.schema.json' with { type: 'json' }
import rehearsal from '@restitute/manifests/v1/rehearsal.schema.json' with { type: 'json' }
import request from '@restitute/manifests/v1/request.schema.json' with { type: 'json' }
import scope from '@restitute/manifests/v1/scope.schema.json' with { type: 'json' }
import statement from '@restitute/manifests/v1/statement.schema.json' with { type: 'json' }
import { Ajv2020, type DefinedError, type ValidateFunction } from 'ajv/dist/2020.js'
import { type Problem, problemOf } from './problems.ts'

/** What has a schema in `manifests/v1/`. */
export type SchemaName =
  | 'certificate'
  | 'contract'
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

const schemas: Readonly<Record<SchemaName, object>> = {
  certificate,
  contract,
  declaration,
  incident,
  mandate,
  manifest,
  order,
  receipt,
  rehearsal,
  request,
  scope,
  statement,
}

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
  const ajv = new Ajv2020({ strict: true, verbose: true, allErrors, ...quick })
  const validate = ajv.addSchema(common).compile(schemas[name])
  compiled.set(name, validate)
  return validate
}

/** What the name of a member fails is said by the `propertyNames` error beside it. */
function isTelling(error: DefinedError): boolean {
  return error.propertyName === undefined
}
