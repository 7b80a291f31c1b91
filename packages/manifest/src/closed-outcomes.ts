import type { CopyOutcome } from './documents/destruction.ts'

const closed: readonly CopyOutcome[] = [
  'destroyed-observed-absent',
  'observed-absent',
  'declared',
  'client-custody',
]

/** Whether nothing remains to be done about a copy with this outcome: only such ones leave a certificate final. */
export function isClosed(outcome: CopyOutcome): boolean {
  return closed.includes(outcome)
}
