import { RestituteError } from '@restitute/core'
import { documentBytes, readDocument, type Statement, type StatementKind } from '@restitute/manifest'

/** Kinds that close an event, and hence name it. */
const closers: readonly StatementKind[] = ['contest-closed', 'incident-closed', 'release']

/** Canonical JSON of a statement: what is signed. Throws `document-invalid`. */
export function statementBytes(statement: Statement): Uint8Array {
  const bytes = documentBytes('statement', statement)
  checkMembers(statement)
  return bytes
}

/** Reads a statement strictly; throws `document-invalid` naming the member, `hostile-input`. */
export function readStatement(bytes: Uint8Array): Statement {
  const statement = readDocument('statement', bytes)
  checkMembers(statement)
  return statement
}

/** Which members go with which kind: more than a schema says. */
function checkMembers({ kind, of, waives, about, scopeSha256 }: Statement): void {
  if (closers.includes(kind) !== (of !== undefined)) throw wrong('/of', 'only for what closes an event')
  if ((kind === 'waiver') !== (waives !== undefined)) throw wrong('/waives', 'only for a waiver')
  if ((kind === 'export-approval') !== (scopeSha256 !== undefined))
    throw wrong('/scopeSha256', 'only for an export-approval')
  if (about !== undefined && kind !== 'contest') throw wrong('/about', 'only for a contest')
}

function wrong(pointer: string, message: string): RestituteError {
  return new RestituteError('document-invalid', `statement: ${pointer}: ${message}`, { details: { pointer } })
}
