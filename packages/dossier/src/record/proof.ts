import { RestituteError } from '@restitute/core'
import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import { scopeToApprove, tooFew } from '../approval.ts'
import { bodyText, bodyTexts } from '../event-body.ts'
import { stateOf } from '../operation-state.ts'
import { isPin } from '../pinned-contracts.ts'
import { assertSignedBy } from '../signatures.ts'
import { type Claim, canClose, claimOf, digestMember, type ProofKind, partiesFor } from './claims.ts'
import { custodianOf } from './custody.ts'
import { clientTime, keep, type SignedFile, signersOf } from './keep.ts'
import { newerScope } from './newest-scope.ts'
import { eventsOf, type RecordOptions } from './options.ts'
import { checkReceipt } from './receipt.ts'
import { receiptFormFacts } from './receipt-form.ts'

/** Records a document that moves an operation on or lifts a protection: strictly read, signed by who must. */
export async function recordProof(o: RecordOptions, file: SignedFile, kind: ProofKind): Promise<LedgerEvent> {
  const claim = claimOf(kind, file.bytes)
  assertAbout(o, kind, claim)
  if (kind === 'request') assertSources(o, bodyTexts(claim.facts, 'sources'))
  const closed = closedEvent(o, claim)
  const { terms, contracts } = o.dossier
  const wanted = partiesFor(kind, contracts.length > 0 ? contracts : [terms], closed)
  if (kind !== 'receipt') assertSignedBy(terms, file.name, signersOf(file), wanted)
  if (kind === 'export-approval') assertApprovers(o, claim, signersOf(file))
  if (kind === 'receipt') checkReceipt(file.bytes, stateOf(eventsOf(o), o.operation), o.manifests ?? [])
  const time = timed.includes(kind) ? clientTime(o, file) : {}
  if (kind === 'scope') assertNewest(o, bodyText(time, 'signedAt'))
  const form = kind === 'receipt' ? await receiptFormFacts(o, file) : {}
  const word = kind === 'custody' ? custodianOf(o, file, bodyText(claim.facts, 'copy')) : {}
  const facts = { ...claim.facts, ...time, ...form, ...word }
  return keep(o, file, { type: claim.type, digest: digestMember(kind), facts })
}

/** Of which it matters when the client signed them. */
const timed: readonly ProofKind[] = ['receipt', 'request', 'scope']

function assertNewest(o: RecordOptions, signedAt: IsoTime): void {
  const newer = newerScope(eventsOf(o), o.operation, signedAt)
  if (newer === undefined) return
  throw new RestituteError(
    'document-invalid',
    `scope: the client signed another one after it, recorded as event ${newer.sequence}`,
    { hint: 'where this one is meant, have both sign it anew' },
  )
}

function assertAbout(o: RecordOptions, kind: ProofKind, claim: Claim): void {
  if (claim.operation !== o.operation) {
    throw new RestituteError(
      'document-invalid',
      `${kind}: expected operation ${o.operation}, got ${claim.operation}`,
    )
  }
  const { sha256 } = o.dossier.terms
  // What was exported under an earlier contract is answered under it.
  const earlier = kind === 'receipt' ? eventsOf(o).filter(isPin) : []
  if ([sha256, ...earlier.map(({ body }) => body['sha256'])].includes(claim.contract.sha256)) return
  throw new RestituteError(
    'document-invalid',
    `${kind}: it speaks of another contract than the one in force`,
    {
      details: { expected: sha256, got: claim.contract.sha256 },
    },
  )
}

/** A name that is none would limit the operation to nothing that could be exported, for good. */
function assertSources({ dossier }: RecordOptions, names: readonly string[]): void {
  const { instances } = dossier.terms.contract
  const known = instances.flatMap(({ sources = [] }) => sources.map(({ name }) => name))
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new RestituteError(
    'document-invalid',
    `request: the contract has no source called ${unknown.join(', ')}`,
    {
      hint: `it has ${known.join(', ')}`,
    },
  )
}

/** Half an approval is none: what is recorded is complete, and of the scope in force. */
function assertApprovers({ dossier, operation }: RecordOptions, { facts }: Claim, signers: string[]): void {
  const scope = scopeToApprove(dossier.ledger.events(), operation)
  if (facts['scopeSha256'] !== scope) {
    throw new RestituteError(
      'document-invalid',
      'export-approval: it is of another scope than the one recorded',
      {
        details: { expected: scope, got: bodyText(facts, 'scopeSha256') },
      },
    )
  }
  const problem = tooFew(dossier.terms, signers)
  if (problem === undefined) return
  throw new RestituteError('signature-invalid', `export-approval: ${problem}`, {
    hint: 'each authoriser signs the file with restitute sign, then it is recorded',
  })
}

function closedEvent(o: RecordOptions, { of, type }: Claim): LedgerEvent | undefined {
  if (of === undefined) return undefined
  const event = eventsOf(o)[of - 1]
  if (canClose(type, event) && [o.operation, 'dossier'].includes(event.operation)) return event
  throw new RestituteError('usage', `${type}: event ${of} of ${o.operation} is nothing that it can close`)
}
