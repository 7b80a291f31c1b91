import { RestituteError } from '@restitute/core'
import { canonicalJson, type LedgerEvent, type Sha256 } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import type { DossierPaths } from '../paths.ts'
import { allKeys, assertSignedBy, goodSignatures, type Signed } from '../signatures.ts'
import { findDocument, type StoredDocument } from '../signed-documents.ts'
import { claimOf, type ProofKind, partiesFor, proofKindOf, signersOf } from './claims.ts'

/**
 * Reads again every document that an event rests on and compares what the event says with what it says and with who signed it. One
 * person of the host can write an event alone; only this makes `acknowledged`, `waiver` and the like worth the signature
 * of those whose word they are. `contracts`: all that were ever in force. Throws `invalid` naming the event.
 */
export async function checkEvidence(
  paths: DossierPaths,
  events: readonly LedgerEvent[],
  contracts: readonly LoadedContract[],
): Promise<void> {
  for (const event of events) {
    const kind = proofKindOf(event.type)
    if (kind === undefined) continue
    try {
      await checkEvent(paths, events, contracts, event, kind)
    } catch (thrown) {
      throw unsupported(event, thrown)
    }
  }
}

async function checkEvent(
  paths: DossierPaths,
  events: readonly LedgerEvent[],
  contracts: readonly LoadedContract[],
  event: LedgerEvent,
  kind: ProofKind,
): Promise<void> {
  const stored = await documentOf(paths, event)
  const claim = claimOf(kind, stored.bytes)
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ['operation', claim.operation, event.operation],
    ['digest', stored.sha256, event.body[claim.digest]],
    ...Object.entries(claim.facts).map(([name, value]) => [name, value, event.body[name]] as const),
  ]
  const wrong = facts.find(([, said, claimed]) => canonicalJson(said) !== canonicalJson(claimed ?? null))
  if (wrong !== undefined) throw new Error(`its ${wrong[0]} is not what ${stored.name} says`)
  await checkSigners(stored, event, contracts, (terms) => {
    return partiesFor(
      kind,
      terms,
      events.find(({ sequence }) => sequence === claim.facts['of']),
    )
  })
}

async function documentOf(paths: DossierPaths, event: LedgerEvent): Promise<StoredDocument> {
  const { scopeSha256, receiptSha256, sha256 } = event.body
  const digest: Sha256 = String(scopeSha256 ?? receiptSha256 ?? sha256)
  const stored = await findDocument(paths, digest)
  if (stored === undefined) throw new Error(`documents/ does not hold its document ${digest}`)
  return stored
}

async function checkSigners(
  stored: StoredDocument,
  event: LedgerEvent,
  contracts: readonly LoadedContract[],
  wanted: (terms: LoadedContract) => ReturnType<typeof partiesFor>,
): Promise<void> {
  const keys = contracts.flatMap(allKeys)
  const good = await goodSignatures(stored.name, stored.bytes, stored.signatures, keys)
  const named = signersOf(event)
  const unsigned = named.find((one) => !good.some(({ fingerprint }) => fingerprint === one))
  if (unsigned !== undefined) throw new Error(`${stored.name} bears no good signature by ${unsigned}`)
  const failures = contracts.map((terms) =>
    failure(() => assertSignedBy(terms, stored.name, named, wanted(terms))),
  )
  if (!failures.includes(undefined)) throw failures.at(-1) ?? new Error('no contract')
  checkTime(event, good)
}

function checkTime(event: LedgerEvent, good: readonly Signed[]): void {
  const { signedAt } = event.body
  if (signedAt === undefined || good.some((one) => one.signedAt === signedAt)) return
  throw new Error(`nobody signed its document at ${canonicalJson(signedAt)}`)
}

function failure(check: () => void): unknown {
  try {
    check()
    return undefined
  } catch (thrown) {
    return thrown
  }
}

function unsupported(event: LedgerEvent, thrown: unknown): RestituteError {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return new RestituteError('invalid', `ledger.jsonl: event ${event.sequence} (${event.type}): ${why}`, {
    cause: thrown,
    details: { finding: 'event-unsupported', sequence: event.sequence, type: event.type },
    hint: 'restore documents/ from a backup; nothing is done on the strength of an event without its document',
  })
}
