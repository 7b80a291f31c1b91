import { RestituteError } from '@restitute/core'
import type { GuardName } from './facts.ts'

/** The refusal of one guard: `guard-refused`, exit 6, with `details.guard`. */
export function guardRefused(guard: GuardName, reason: string, hint?: string): RestituteError {
  return new RestituteError('guard-refused', `guard ${guard}: ${reason}`, {
    details: { guard, guards: [guard] },
    ...(hint === undefined ? {} : { hint }),
  })
}
