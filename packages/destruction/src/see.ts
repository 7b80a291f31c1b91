import { isActedOn } from './copies.ts'
import { folderOfProbe } from './elsewhere.ts'
import { assertVerifier, type LookOptions, lookAt, type SeenCopy } from './look.ts'

/**
 * The verifier looks, before the destruction, at every copy that can be looked at, and the ledger keeps what was
 * seen (`copy-seen`): what nobody saw before cannot be observed gone afterwards. May be repeated. Throws
 * `guard-refused` (guard `probe-ready`) for a person without the role verifier.
 */
export async function seeCopies(o: LookOptions): Promise<readonly SeenCopy[]> {
  assertVerifier(o.dossier.terms, o.verifier.fingerprint)
  await using _lock = await o.dossier.lock()
  const seen: SeenCopy[] = []
  for (const copy of o.copies.filter(isActedOn)) {
    const sighting = await lookAt(copy, o.reach)
    const { state, identity, fingerprint } = sighting
    const folder = state === 'present' ? await folderOfProbe(copy, o.reach) : undefined
    await o.dossier.ledger.append({
      type: 'copy-seen',
      operation: o.operation,
      body: {
        copy: copy.name,
        state,
        identity,
        ...(fingerprint === undefined ? {} : { fingerprint }),
        ...(folder === undefined ? {} : { folder }),
      },
      key: o.verifier,
      at: o.clock.now(),
    })
    seen.push({ copy: copy.name, sighting })
  }
  return seen
}
