import { RestituteError } from '@restitute/core'
import type { IsoTime, Sha256 } from '@restitute/manifest'

/** A contract, and when the client last signed it. */
export interface SignedText {
  readonly sha256: Sha256
  readonly signedAt: IsoTime
}

/**
 * Throws `contract-invalid` where a contract cannot take the place of those before it, oldest first: its text was in force
 * once and has been amended since, or the client had signed it before the one in force. What was signed stays signed, so
 * that one party alone could otherwise bring back what both have given up. The same text with other files is no other text.
 */
export function assertSupersedes(later: SignedText, before: readonly SignedText[]): void {
  const inForce = before.at(-1)
  if (inForce === undefined || inForce.sha256 === later.sha256) return
  if (before.some(({ sha256 }) => sha256 === later.sha256)) {
    throw new RestituteError(
      'contract-invalid',
      'contract.yaml: this text was in force before, and has been amended since: the signatures of then do not bring it back',
      { hint: 'add a line to it, if only a comment with the date, and have both parties sign it anew' },
    )
  }
  if (later.signedAt >= inForce.signedAt) return
  throw new RestituteError(
    'contract-invalid',
    `contract.yaml: the client signed it on ${later.signedAt}, and the contract in force after that, on ${inForce.signedAt}`,
    { hint: 'have the client sign it anew' },
  )
}
