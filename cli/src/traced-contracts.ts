import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import { contractCopy, type Dossier, type LoadedContract } from '@restitute/dossier'
import type { Fingerprint } from '@restitute/manifest'
import { type PublicKey, verifyDetached } from '@restitute/seal'
import type { Signer } from '@restitute/verify'
import { readSigned } from './signed-files.ts'

/** A party of a contract. */
export type PartyName = 'host' | 'client'

/** What of a case could be traced to the keys that a reader named. */
export interface Tracing {
  /** Those named who signed a contract as a party. */
  readonly signers: readonly Signer[]
  /** The parties on whose word the rest stands. */
  readonly parties: readonly PartyName[]
  /** Contracts once in force that nobody signed to whom the reader's trust leads. */
  readonly untraced: readonly LoadedContract[]
}

interface Signed {
  readonly terms: LoadedContract
  readonly signers: readonly Signer[]
}

/**
 * Follows the reader's trust through every contract that was ever in force. A contract is traced when a trusted key
 * signed it as a party; it then vouches for the other keys of that party, which may have signed an earlier or a later
 * one. It never vouches for the other side: a host could otherwise lay an invented contract before the real one.
 */
export async function traceContracts(dossier: Dossier, named: readonly PublicKey[]): Promise<Tracing> {
  const trust = new Trust(named)
  let open = await Promise.all(dossier.contracts.map((terms) => signaturesOn(dossier, terms)))
  const traced: Signed[] = []
  for (;;) {
    const found = open.filter((one) => trust.reaches(one))
    if (found.length === 0) break
    for (const one of found) trust.take(one)
    traced.push(...found)
    open = open.filter((one) => !found.includes(one))
  }
  const own = traced.flatMap(({ signers }) => signers).filter((signer) => trust.isNamed(signer))
  return {
    signers: [...new Map(own.map((signer) => [signer.fingerprint, signer])).values()],
    parties: trust.parties(),
    untraced: open.map(({ terms }) => terms),
  }
}

/** Keys that are trusted, and for which party each one signs once that is known. */
class Trust {
  readonly #parties = new Map<Fingerprint, PartyName | undefined>()
  readonly #named: ReadonlySet<Fingerprint>

  constructor(named: readonly PublicKey[]) {
    this.#named = new Set(named.map(({ fingerprint }) => fingerprint))
    for (const fingerprint of this.#named) this.#parties.set(fingerprint, undefined)
  }

  reaches(signed: Signed): boolean {
    return this.#signingParties(signed).length > 0
  }

  take(signed: Signed): void {
    const parties = this.#signingParties(signed)
    for (const party of parties)
      for (const { fingerprint } of keysOf(signed.terms, party)) this.#parties.set(fingerprint, party)
  }

  isNamed({ fingerprint }: Signer): boolean {
    return this.#named.has(fingerprint)
  }

  parties(): PartyName[] {
    return [...new Set([...this.#parties.values()].filter((party) => party !== undefined))].sort()
  }

  /** A key that an amendment has replaced signs it for the party that it stood for before. */
  #signingParties({ terms, signers }: Signed): PartyName[] {
    return signers
      .filter(({ fingerprint }) => this.#parties.has(fingerprint))
      .flatMap(({ fingerprint }) => partyIn(terms, fingerprint) ?? this.#parties.get(fingerprint) ?? [])
  }
}

function keysOf({ keys }: LoadedContract, party: PartyName): readonly PublicKey[] {
  return party === 'host' ? [keys.host] : keys.clients
}

function partyIn(terms: LoadedContract, fingerprint: Fingerprint): PartyName | undefined {
  return (['host', 'client'] as const).find((party) =>
    keysOf(terms, party).some((key) => key.fingerprint === fingerprint),
  )
}

async function signaturesOn(dossier: Dossier, terms: LoadedContract): Promise<Signed> {
  const { bytes, signatures } = await readSigned(
    join(dossier.paths.documents, contractCopy(terms.sha256).name),
  )
  const keys = dossier.contracts.flatMap((one) => [one.keys.host, ...one.keys.clients])
  const signers: Signer[] = []
  for (const file of signatures) {
    for (const { state, fingerprint, signedAt } of await verifyDetached(
      bytes,
      file.bytes,
      keys,
      new Date(),
    )) {
      const key = keys.find((one) => one.fingerprint === fingerprint)
      if (state === 'good' && key !== undefined && signedAt !== undefined)
        signers.push({ fingerprint: key.fingerprint, signedAt: isoTime(signedAt), name: key.userId })
    }
  }
  return { terms, signers }
}
