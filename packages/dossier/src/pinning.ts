import type { LedgerEvent } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'

/**
 * Puts `contract.yaml` in force. Beside it must lie detached signatures over its bytes (`contract.yaml.<fpr>.asc`)
 * by the host's key or a host person, and by a client key; an amendment is judged by the keys of the contract in
 * force, not by its own.
 */
export async function pinContract(_o: {
  readonly dir: string
  readonly key: PrivateKey
  readonly at: Date
}): Promise<LedgerEvent> {
  throw new Error('todo')
}
