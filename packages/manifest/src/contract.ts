import type { Contract } from './documents/contract.ts'
import type { Problem } from './problems.ts'
import { problemsOf } from './schemas.ts'

/** A contract that fits its schema, or everything that is wrong with it, in the order of the schema. */
export type ContractCheck = { readonly contract: Contract } | { readonly problems: readonly Problem[] }

/**
 * Checks what was read from `contract.yaml` against `contract.schema.json`: shapes and formats only. What
 * members say of each other (unique names, known actors, keys that exist) is the dossier's to check.
 */
export function validateContract(value: unknown): ContractCheck {
  const problems = problemsOf('contract', value)
  return problems.length > 0 ? { problems } : { contract: value as Contract }
}

/** Share of each source that a rehearsal takes where the contract does not say. */
export const usualSample = '5%'
