import { asRestituteError, type Json } from '@restitute/core'
import { type ContractRef, canonicalJson, parseJson } from '@restitute/manifest'
import { type Finding, finding } from './findings.ts'
import type { Trust } from './report.ts'

/** That a document is of none of the contracts by which it is checked: the same persons may have signed under several. */
export function foreignFinding(
  name: string,
  { reference }: ContractRef,
  { contracts = [reference] }: Trust,
): Finding[] {
  if (contracts.includes(reference)) return []
  const expected = [...new Set(contracts)].join(', ')
  const message = `it is of the contract ${reference}, and was checked by another one: ${expected}`
  return [finding('contract-differs', name, message, { expected, got: reference })]
}

/** What an error of reading a document means; rethrows what says nothing about the document. */
export function documentFinding(name: string, bytes: Uint8Array, thrown: unknown): Finding {
  const error = asRestituteError(thrown)
  if (error.code === 'hostile-input') return finding('hostile-content', name, error.message)
  if (error.code === 'newer-version') return finding('newer-version', name, error.message)
  if (error.code !== 'document-invalid') throw error
  return finding(isOtherwiseWritten(bytes) ? 'not-canonical' : 'document-invalid', name, error.message)
}

/** Good JSON in other bytes than its canonical ones: spaces, order of members, another form of a number. */
function isOtherwiseWritten(bytes: Uint8Array): boolean {
  const value = jsonOf(bytes)
  return value !== undefined && !Buffer.from(canonicalJson(value)).equals(bytes)
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  try {
    return parseJson(bytes)
  } catch {
    return undefined
  }
}
