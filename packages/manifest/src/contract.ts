import type { Contract } from './documents/contract.ts'

/** One thing that is wrong, and where: `pointer` is an RFC 6901 JSON pointer, empty for the whole. */
export interface Problem {
  readonly pointer: string
  readonly message: string
}

export function validateContract(
  _value: unknown,
): { readonly contract: Contract } | { readonly problems: readonly Problem[] } {
  throw new Error('todo')
}
