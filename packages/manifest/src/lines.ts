import type { LedgerLine } from './documents/ledger-event.ts'
import type { IndexHeader, IndexLine } from './documents/package-index.ts'

export function validateIndexHeader(_value: unknown): IndexHeader {
  throw new Error('todo')
}
export function validateIndexLine(_value: unknown): IndexLine {
  throw new Error('todo')
}
export function validateLedgerLine(_value: unknown): LedgerLine {
  throw new Error('todo')
}
