import type { LedgerEvent, Manifest, Order, PackageRef, Receipt, Scope } from '@restitute/manifest'
import { nestedSentence } from '../contract/nested-sources.ts'
import { receiptForms } from '../contract/receipt-signers.ts'
import { bodyText, bodyTexts } from '../event-body.ts'
import { mediaOf } from '../media.ts'
import { stateOf } from '../operation-state.ts'
import { isPin } from '../pinned-contracts.ts'
import { saltProblem } from '../record/receipt.ts'
import { statedForm } from '../record/receipt-evidence.ts'
import { isClient, isHost } from '../signatures.ts'
import type { DestructionFacts, PackageFacts, ReceiptFacts } from './facts.ts'

/*
 * The guards on what was agreed and handed over. Each returns why it does not hold, or nothing. A fact that is
 * missing never lets a guard hold.
 */

/**
 * Terms signed by both parties are in force, are the ones on disk, and were in force when the packages were
 * made.
 */
export function contractPinned(facts: DestructionFacts): string | undefined {
  const pins = facts.events.filter(isPin)
  const inForce = pins.at(-1)?.body['sha256']
  if (inForce === undefined) return 'the contract is not signed by both parties'
  if (facts.contract.sha256 !== inForce) return 'the terms used are not those of the contract in force'
  if (facts.contractFileSha256 !== inForce) return 'contract.yaml is not the contract in force'
  const known = pins.map(({ body }) => body['sha256'])
  const stray = facts.packages.find(
    ({ manifest }) => !manifest.contractPinned || !known.includes(manifest.contract.sha256),
  )
  return stray && `package ${stray.ref.package} was not exported under a contract signed by both parties`
}

/** Host and client have signed the list of sources and copies, under the contract in force, and the order keeps to it. */
export function scope(facts: DestructionFacts): string | undefined {
  const { events, operation, contract } = facts
  const scoped = events.findLast((event) => event.type === 'scoped' && event.operation === operation)
  if (scoped === undefined) return 'no scope was signed'
  const signers = bodyTexts(scoped.body, 'signers')
  if (!signers.some((one) => isHost(contract, one))) return 'the scope is not signed by the host'
  if (!signers.some((one) => isClient(contract, one))) return 'the scope is not signed by the client'
  const amended = events.findLast(isPin)?.sequence ?? 0
  if (amended > scoped.sequence) return 'the contract was amended after the scope was signed'
  if (facts.scope === undefined || facts.scope.sha256 !== scoped.body['scopeSha256'])
    return 'the signed scope is not at hand'
  const media = mediaOf(events, operation).map(({ name }) => name)
  if (stateOf(events, operation).sources !== undefined && hasWork(facts.order?.document))
    return 'the order names the work folder, which other operations need: this one is for a part'
  return outOfScope(facts.scope.document, facts.order?.document, media) ?? destroyedWith(facts)
}

/** What lies in a source goes with it: the order must mean it, too. */
function destroyedWith({ nested, order }: DestructionFacts): string | undefined {
  const ordered = (source: string): boolean =>
    order?.document.copies.some(({ kind, name }) => kind === 'source' && name === source) === true
  const found = nested.find(({ outer, inner }) => ordered(outer.name) && !ordered(inner.name))
  return found && `${nestedSentence(found)}: the order does not name it`
}

function hasWork(order: Order | undefined): boolean {
  return order?.copies.some(({ kind }) => kind === 'work') === true
}

/** What both signed is what may be destroyed; packages, media and work folder are the export's own. */
function outOfScope(
  { sources, copies }: Scope,
  order: Order | undefined,
  media: readonly string[],
): string | undefined {
  const signed = new Set([
    ...sources.map(({ name }) => `source ${name}`),
    ...copies.map(({ kind, name }) => `${kind} ${name}`),
    ...media.map((name) => `medium ${name}`),
  ])
  const stray = order?.copies.find(
    ({ kind, name }) => kind !== 'package' && kind !== 'work' && !signed.has(`${kind} ${name}`),
  )
  return stray && `the order names ${stray.kind} ${stray.name}, which is not in the signed scope`
}

/** Every package of the delivery verifies, none is missing, and it is the delivery that the order names. */
export function deliveryValid(facts: DestructionFacts): string | undefined {
  const { packages, order } = facts
  const state = stateOf(facts.events, facts.operation)
  const refs = packages.map(({ ref }) => ref)
  if (state.packages.length === 0) return 'nothing was exported'
  const broken = packages.find(({ verdict }) => verdict !== 'valid')
  if (broken !== undefined) return `package ${broken.ref.package} does not verify: ${broken.verdict}`
  if (!sameRefs(refs, state.packages)) return 'the packages at hand are not all that were exported'
  if (!sameRefs(refs, state.delivered)) return 'not every package was delivered'
  if (order !== undefined && !sameRefs(refs, order.document.packages))
    return 'the order names another delivery'
  const strange = packages.find(({ manifest }) => !continues(facts.events, manifest))
  if (strange !== undefined) return otherLedger(strange)
  const lonely = packages.find(({ manifest }) => hasOneKey(manifest) && !state.waived.includes('single-key'))
  return (
    lonely && `package ${lonely.ref.package} is encrypted to one key alone, which the client has not waived`
  )
}

/** The ledger holds the line that the manifest pins: no certificate would verify over another one. */
function continues(events: readonly LedgerEvent[], { ledger }: Manifest): boolean {
  return ledger === undefined || events[ledger.sequence]?.previous === ledger.sha256
}

function otherLedger({ ref, manifest }: PackageFacts): string {
  return `package ${ref.package} pins event ${manifest.ledger?.sequence} of another ledger than this one: the dossier was restored from an older backup and went on otherwise`
}

function hasOneKey({ recipients }: Manifest): boolean {
  return new Set(recipients).size < 2
}

/**
 * The client has accepted exactly this delivery. Reservations are no acceptance: what the client objects to
 * is a contest, answered by a new delivery; the agreement that permits erasure is formal and whole (PGSSI-S
 * T6-6.6.2.5, R.1111-11). Whoever accepts in spite of losses says so in the consent of an accepting receipt.
 */
export function receipt(facts: DestructionFacts): string | undefined {
  const { receipt: given } = facts
  if (given === undefined) return 'there is no receipt'
  const { acknowledgement, delivery } = stateOf(facts.events, facts.operation)
  if (acknowledgement === undefined) return 'no receipt was recorded since the last delivery'
  if (acknowledgement.body['receiptSha256'] !== given.sha256)
    return 'it is not the receipt that was recorded last'
  const newer = newerAnswer(facts, acknowledgement, delivery?.sequence ?? 0)
  if (newer !== undefined)
    return `the client signed another answer after it, recorded as event ${newer.sequence}`
  const form = formProblem(facts, given, acknowledgement)
  if (form !== undefined) return form
  const { document } = given
  if (document.operation !== facts.operation) return `the receipt is for operation ${document.operation}`
  if (document.decision !== 'accepted') return `the client's decision is ${document.decision}, not accepted`
  const failed = document.sources.find(hasFailed)
  if (failed !== undefined) return `the receipt says that a check of source ${failed.source} failed`
  if (
    !sameRefs(
      document.packages,
      facts.packages.map(({ ref }) => ref),
    )
  )
    return 'the receipt names another delivery'
  return wrongSalts(facts, document)
}

/** Whoever records them last cannot make an acceptance that was kept back count against what the client said later. */
function newerAnswer(
  { events, operation }: DestructionFacts,
  recorded: LedgerEvent,
  delivered: number,
): LedgerEvent | undefined {
  const answeredAt = ({ body, at }: LedgerEvent): string => bodyText(body, 'signedAt') || at
  return events.find(
    (event) =>
      event.type === 'acknowledged' &&
      event.operation === operation &&
      event.sequence > delivered &&
      answeredAt(event) > answeredAt(recorded),
  )
}

/** The contract in force accepts the form that the receipt was recorded in, and by that form it is the client's. */
function formProblem(
  { contract, executor }: DestructionFacts,
  { form, signers }: ReceiptFacts,
  recorded: LedgerEvent,
): string | undefined {
  if (statedForm(recorded) !== form) return 'the receipt was recorded in another form than it has'
  if (!receiptForms(contract.contract).includes(form))
    return `the contract accepts no receipt of the form ${form}`
  if (form === 'handwritten') {
    return recorded.person === executor
      ? 'who executes has also taken in the receipt, which is signed by hand and rests on their word'
      : undefined
  }
  const isSigned = form === 'x509' ? signers.length > 0 : signers.some((one) => isClient(contract, one))
  return isSigned ? undefined : 'the receipt is not signed by the client'
}

function hasFailed(source: Receipt['sources'][number]): boolean {
  const { integrity, decryption, completeness, exploitability } = source
  return [integrity, decryption, completeness, exploitability].includes('failed')
}

function wrongSalts({ packages }: DestructionFacts, document: Receipt): string | undefined {
  for (const named of document.packages) {
    const found = packages.find(({ ref }) => ref.manifestSha256 === named.manifestSha256)
    const problem = saltProblem(named, found?.manifest, document)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The client has agreed to the destruction, and to each item that it never got. */
export function consent({ contract, receipt: given, losses }: DestructionFacts): string | undefined {
  const agreed = given?.document.consent
  if (agreed === undefined || !agreed.destruction) return 'the client has not consented to the destruction'
  if (given?.form === 'handwritten' && contract.contract.receipts?.['handwritten-consent'] !== true)
    return 'the consent is signed by hand, which the contract does not accept for a destruction'
  const accepted = new Set(agreed.accepts.map(({ source, commitment }) => `${source} ${commitment}`))
  const open = losses.filter(({ source, commitment }) => !accepted.has(`${source} ${commitment}`))
  if (open.length === 0) return undefined
  const sources = [...new Set(open.map(({ source }) => source))].join(', ')
  return `${open.length} lost or excluded items of ${sources} are not in the client's consent`
}

/** The same packages, in whatever order, each once. */
export function sameRefs(a: readonly PackageRef[], b: readonly PackageRef[]): boolean {
  const names = (refs: readonly PackageRef[]): string =>
    refs
      .map((ref) => `${ref.package} ${ref.manifestSha256}`)
      .sort()
      .join('\n')
  return names(a) === names(b)
}
