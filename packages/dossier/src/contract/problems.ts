import { counted, RestituteError } from '@restitute/core'

/** One thing that is wrong in `contract.yaml`. Messages never quote a value: it might be a secret. */
export interface ContractProblem {
  /** RFC 6901 pointer; empty for the whole file. */
  readonly pointer: string
  /** English, lower case, no full stop. */
  readonly message: string
  /** Character in the file, when the pointer does not say where. */
  readonly offset?: number
  /** A secret stands there in clear. */
  readonly secret?: true
}

/** A place in the file, from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

const shown = 20

/**
 * All problems as one error, in the order of the file: `contract-invalid`, or `secret-in-clear` as soon as
 * one of them is a secret. `details.problems` has one line `line:column pointer: message` for each.
 */
export function contractError(
  problems: readonly ContractProblem[],
  placeOf: (problem: ContractProblem) => Place,
): RestituteError {
  const placed = problems.map((problem) => ({ problem, ...placeOf(problem) }))
  placed.sort((a, b) => a.line - b.line || a.column - b.column)
  const lines = [
    ...new Set(placed.map(({ line, column, problem }) => `${line}:${column} ${textOf(problem)}`)),
  ]
  const secret = problems.some((problem) => problem.secret)
  return new RestituteError(secret ? 'secret-in-clear' : 'contract-invalid', messageOf(lines), {
    details: { problems: lines },
    ...(secret ? { hint: 'give secrets as env:NAME, file:/path or exec:command, and change this one' } : {}),
  })
}

function textOf({ pointer, message }: ContractProblem): string {
  return pointer === '' ? message : `${pointer}: ${message}`
}

function messageOf(lines: readonly string[]): string {
  const count = counted(lines.length, 'problem')
  const more = lines.length > shown ? `; and ${lines.length - shown} more` : ''
  return `contract.yaml: ${count}: ${lines.slice(0, shown).join('; ')}${more}`
}
