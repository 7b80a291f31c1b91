import { randomBytes } from 'node:crypto'
import { RestituteError } from '@restitute/core'
import { type Fingerprint, type LedgerEvent, sha256Hex } from '@restitute/manifest'
import { encryptBytes, type PrivateKey } from '@restitute/seal'
import type { Dossier } from '../dossier.ts'
import { bodyText } from '../event-body.ts'

/** A challenge for one recipient key: they prove that they can decrypt by sending back what is inside (R26). */
export interface Challenge {
  readonly recipient: Fingerprint
  /** Armored OpenPGP message to that key. */
  readonly message: string
}

/** Makes a challenge for each client key, in the order of the contract, and records their digests. */
export async function sendChallenges(o: {
  readonly dossier: Dossier
  readonly key: PrivateKey
  readonly at: Date
}): Promise<readonly Challenge[]> {
  await using _lock = await o.dossier.lock()
  const challenges: Challenge[] = []
  for (const client of o.dossier.terms.keys.clients) {
    const nonce = `restitute-challenge-${randomBytes(32).toString('hex')}`
    const message = await encryptBytes(Buffer.from(`${nonce}\n`), [client])
    const body = { recipient: client.fingerprint, nonceSha256: sha256Hex(nonce) }
    await o.dossier.ledger.append({
      type: 'challenge-sent',
      operation: 'dossier',
      body,
      key: o.key,
      at: o.at,
    })
    challenges.push({ recipient: client.fingerprint, message })
  }
  return challenges
}

/**
 * The recipient whose open challenge this is the answer to; white space around it does not count. Throws
 * `invalid`.
 */
export function challengeAnswered(events: readonly LedgerEvent[], answer: Uint8Array): Fingerprint {
  const nonceSha256 = sha256Hex(Buffer.from(answer).toString('utf8').trim())
  const sent = events.find(
    ({ type, body }) => type === 'challenge-sent' && body['nonceSha256'] === nonceSha256,
  )
  if (sent === undefined) {
    throw new RestituteError('invalid', 'challenge: this answers none of the challenges that were sent', {
      hint: 'the answer is what gpg --decrypt prints, and nothing else',
    })
  }
  return bodyText(sent.body, 'recipient')
}
