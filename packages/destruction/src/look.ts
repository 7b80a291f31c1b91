import { asRestituteError, type Clock, RestituteError, type Sighting } from '@restitute/core'
import type { Dossier, LoadedContract } from '@restitute/dossier'
import type { Fingerprint } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Copy } from './copies.ts'
import { openProber, type Reach } from './reach.ts'

/** Who looks, at what, and with what. */
export interface LookOptions {
  readonly dossier: Dossier
  readonly operation: string
  /** The register: {@link copiesOf}. */
  readonly copies: readonly Copy[]
  /** Of the person who looks; role verifier. */
  readonly verifier: PrivateKey
  readonly reach: Reach
  readonly clock: Clock
}

/** What was seen of one copy. */
export interface SeenCopy {
  readonly copy: string
  readonly sighting: Sighting
}

/** Looks at a copy as the verifier does; a copy that cannot be reached could not be checked. */
export async function lookAt(copy: Copy, reach: Reach): Promise<Sighting> {
  try {
    await using prober = await openProber(copy, 'verifier', reach)
    return await prober.look(reach.signal)
  } catch (error) {
    if (reach.signal.aborted) throw error
    return {
      state: 'could-not-check',
      identity: 'none',
      looked: [`open the copy for reading: ${asRestituteError(error).message}`],
      limits: ['the copy could not be opened with the rights of the verifier'],
    }
  }
}

/** Only a verifier's eyes count (design §4): throws `guard-refused`, guard `probe-ready`. */
export function assertVerifier(terms: LoadedContract, person: Fingerprint): void {
  const roles = terms.keys.persons.get(person)?.person.roles ?? []
  if (!roles.includes('verifier')) {
    throw refusal(
      `expected a person with the role verifier, got ${person} with ${roles.join(', ') || 'no role'}`,
    )
  }
}

/** A refusal by the guard that keeps destroying and looking apart. */
export function refusal(message: string): RestituteError {
  return new RestituteError('guard-refused', `probe: ${message}`, {
    hint: 'let another person look, who has the role verifier in the contract',
    details: { guard: 'probe-ready' },
  })
}
