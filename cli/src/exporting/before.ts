import { RestituteError } from '@restitute/core'
import type { Dossier } from '@restitute/dossier'
import { keyProblems, type PublicKey } from '@restitute/seal'
import type { Session } from '../session.ts'

/** Keys below the policy are refused with the reason (R22), as `key-unfit`. */
export async function refuseUnfit(recipients: readonly PublicKey[], at: Date): Promise<void> {
  for (const key of recipients) {
    const problems = await keyProblems(key, 'encrypt', at)
    if (problems.length > 0) {
      throw new RestituteError(
        'key-unfit',
        `the client key ${key.fingerprint} cannot be used: ${problems.join('; ')}`,
        {
          hint: 'ask the client for another key; restitute keygen makes one that fits',
        },
      )
    }
  }
}

/** What the operator should know of the contract and of the client's keys before the first byte leaves. */
export function warnBefore(session: Session, dossier: Dossier): void {
  for (const warning of dossier.terms.warnings) session.note(`warning: ${warning}`)
  if (!dossier.pinned)
    session.note('warning: the contract is not pinned: this package cannot lead to a destruction')
  const events = dossier.ledger.events()
  for (const { fingerprint } of dossier.terms.keys.clients) {
    const answered = events.some(
      (e) => e.type === 'challenge-answered' && e.body['recipient'] === fingerprint,
    )
    if (!answered)
      session.note(
        `warning: the client key ${fingerprint} has not answered a challenge: nobody has shown that it opens`,
      )
  }
}
