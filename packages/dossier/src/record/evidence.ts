import { type Json, RestituteError } from '@restitute/core'
import { canonicalJson, type LedgerEvent, type Sha256 } from '@restitute/manifest'
import { approvalProblem, leaving } from '../approval.ts'
import type { LoadedContract } from '../contract/loaded.ts'
import { bodyText, bodyTexts } from '../event-body.ts'
import type { DossierPaths } from '../paths.ts'
import { contractAt, isPin } from '../pinned-contracts.ts'
import {
  allKeys,
  assertSignedBy,
  authoritiesOf,
  goodSignatures,
  isClient,
  type Signed,
} from '../signatures.ts'
import { findDocument, type StoredDocument } from '../signed-documents.ts'
import { stampedTime } from '../stamping.ts'
import {
  type Claim,
  canClose,
  claimOf,
  digestMember,
  type ProofKind,
  partiesFor,
  proofKindOf,
} from './claims.ts'
import { checkCustodian } from './custody.ts'
import { checkDeclaration } from './declaration-evidence.ts'
import { checkDestruction, isDestruction } from './destruction-evidence.ts'
import { checkNewestScope } from './newest-scope.ts'
import { checkForm, receiptSignatures, statedForm } from './receipt-evidence.ts'
import { isClients } from './receipt-form.ts'

/** What an event is judged against. */
export interface Case {
  readonly paths: DossierPaths
  readonly events: readonly LedgerEvent[]
  /** All that were ever in force; the unsigned one while none is. */
  readonly contracts: readonly LoadedContract[]
}

/**
 * Reads again every document that an event rests on, and compares what the event claims with what the
 * document says and with who signed it. One person of the host can write an event alone; only this makes
 * `acknowledged`, `waiver` and the like worth the signatures of those whose word they are. Throws `invalid`
 * naming the event.
 */
export async function checkEvidence(o: Case): Promise<void> {
  for (const event of o.events) {
    const kind = proofKindOf(event.type)
    try {
      if (kind !== undefined) await checkEvent(o, event, kind)
      else if (event.type === 'notice') await checkNotice(o, event)
      else if (event.type === 'declaration') await checkDeclaration(o, event)
      else if (isDestruction(event)) await checkDestruction(o, event)
      else if (leaving.includes(event.type)) checkDeparture(o, event)
    } catch (thrown) {
      throw unsupported(event, thrown)
    }
  }
}

async function checkEvent(o: Case, event: LedgerEvent, kind: ProofKind): Promise<void> {
  const digest = bodyText(event.body, digestMember(kind))
  const stored = await documentOf(o.paths, digest)
  const claim = claimOf(kind, stored.bytes)
  checkClaim(event, claim, stored.name)
  checkContract(o, event, claim)
  checkFirstUse(o, event, digestMember(kind))
  const closed = o.events.find(({ sequence }) => sequence === claim.of)
  if (claim.of !== undefined && !canClose(event.type, closed))
    throw new Error('there is nothing that it can close')
  if (kind === 'receipt') return checkReceipt(o, event, stored)
  await checkSigners(o, event, stored, partiesFor(kind, o.contracts, closed))
  if (kind === 'custody') checkCustodian(event, o.contracts)
}

/** A receipt is the client's in the form that its event states; by OpenPGP as any document of the client's. */
async function checkReceipt(o: Case, event: LedgerEvent, stored: StoredDocument): Promise<void> {
  const { paths, events, contracts } = o
  const terms = contractAt(contracts, events, event.sequence) ?? contracts[0]
  if (terms === undefined) throw new Error('there is no contract')
  const good = await receiptSignatures(contracts, terms, event, stored)
  await checkForm({ paths, events, terms }, event, good)
  const form = statedForm(event)
  if (form === 'openpgp') return checkSigned(o, event, stored, good, ['client'])
  checkNamed(event, stored, good)
  if (form === 'x509')
    checkTime(
      good.filter((one) => isClients(terms, one)),
      event,
    )
}

/** A notice is the host's own word, but what the client was told is read years later: it stays as it was signed. */
async function checkNotice(o: Case, event: LedgerEvent): Promise<void> {
  const stored = await documentOf(o.paths, bodyText(event.body, 'sha256'))
  checkNamed(event, stored, await signaturesOn(o, stored))
}

/** That nothing left under a contract in force that asks for approval before it was approved. */
function checkDeparture({ events: all, contracts }: Case, event: LedgerEvent): void {
  const events = all.filter(({ sequence }) => sequence < event.sequence)
  const terms = contractAt(contracts, events, event.sequence)
  const { operation, person } = event
  const problem = terms && approvalProblem({ terms, events, operation, person })
  if (problem !== undefined) throw new Error(problem)
}

function signaturesOn({ contracts }: Case, { name, bytes, signatures }: StoredDocument): Promise<Signed[]> {
  const authorities = contracts.flatMap(authoritiesOf)
  return goodSignatures(name, bytes, signatures, contracts.flatMap(allKeys), authorities)
}

function checkStamp({ body }: LedgerEvent, good: readonly Signed[]): void {
  const named = good.filter(({ fingerprint }) => bodyTexts(body, 'signers').includes(fingerprint))
  if (body['stampedAt'] === undefined || body['stampedAt'] === stampedTime(named)) return
  throw new Error('its stampedAt is not the time of the stamps on its document')
}

async function documentOf(paths: DossierPaths, digest: Sha256): Promise<StoredDocument> {
  const stored = await findDocument(paths, digest)
  if (stored === undefined) throw new Error(`documents/ does not hold its document ${digest}`)
  return stored
}

function checkClaim(event: LedgerEvent, claim: Claim, name: string): void {
  const facts: Readonly<Record<string, Json>> = { operation: claim.operation, ...claim.facts }
  const claimed: Readonly<Record<string, Json>> = { ...event.body, operation: event.operation }
  const wrong = Object.keys(facts).find(
    (fact) => canonicalJson(facts[fact]) !== canonicalJson(claimed[fact] ?? null),
  )
  if (wrong !== undefined) throw new Error(`its ${wrong} is not what ${name} says`)
}

/**
 * What was signed for another case must not count in this one. Before a contract is pinned it may still
 * change.
 */
function checkContract({ events, contracts }: Case, event: LedgerEvent, claim: Claim): void {
  const pinned = events.some((other) => isPin(other) && other.sequence < event.sequence)
  if (!pinned || contracts.some(({ sha256 }) => sha256 === claim.contract.sha256)) return
  throw new Error('its document speaks of a contract that was never in force here')
}

/** One signed word counts once: an old receipt, shown again, must not undo a withdrawal. */
function checkFirstUse({ events }: Case, event: LedgerEvent, digest: string): void {
  const before = events.find(({ type, body }) => type === event.type && body[digest] === event.body[digest])
  if (before === undefined || before.sequence >= event.sequence) return
  throw new Error(`its document was used before, by event ${before.sequence}`)
}

async function checkSigners(
  o: Case,
  event: LedgerEvent,
  stored: StoredDocument,
  wanted: ReturnType<typeof partiesFor>,
): Promise<void> {
  checkSigned(o, event, stored, await signaturesOn(o, stored), wanted)
}

function checkSigned(
  { contracts, events }: Case,
  event: LedgerEvent,
  stored: StoredDocument,
  good: readonly Signed[],
  wanted: ReturnType<typeof partiesFor>,
): void {
  const named = checkNamed(event, stored, good)
  const failures = contracts.map((terms) => failure(() => assertSignedBy(terms, stored.name, named, wanted)))
  if (!failures.includes(undefined)) throw failures.at(-1) ?? new Error('there is no contract')
  if (!['acknowledged', 'requested', 'scoped'].includes(event.type)) return
  const clients = good.filter(({ fingerprint }) => contracts.some((terms) => isClient(terms, fingerprint)))
  if (event.type === 'scoped') checkNewestScope(events, event, clients)
  // Scopes of before had no time of their own.
  if (event.type !== 'scoped' || event.body['signedAt'] !== undefined) checkTime(clients, event)
}

/** Everyone whom the event names has signed its document, and when it says that this was stamped. */
function checkNamed(
  event: LedgerEvent,
  { name }: StoredDocument,
  good: readonly Signed[],
): readonly string[] {
  checkStamp(event, good)
  const named = bodyTexts(event.body, 'signers')
  const unsigned = named.find((one) => !good.some(({ fingerprint }) => fingerprint === one))
  if (unsigned !== undefined) throw new Error(`${name} bears no good signature by ${unsigned}`)
  return named
}

/** Floors run from the client's signature: its time is read from the signature, not taken from the event. */
function checkTime(times: readonly Signed[], { body }: LedgerEvent): void {
  if (times.some(({ signedAt }) => signedAt === body['signedAt'])) return
  throw new Error('its time is not the one of the signature of the client')
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
