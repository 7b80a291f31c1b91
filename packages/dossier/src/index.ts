export { assertApproved } from './approval.ts'
export { type BundleFile, bundleFiles, writeBundle } from './bundle.ts'
export { type Certification, certificationOf } from './certification.ts'
export { assertKeysNamed, type UnnamedKey, unnamedKeys } from './contract/fingerprints.ts'
export { type InitOptions, initDossier } from './contract/init-dossier.ts'
export type { LoadedContract } from './contract/loaded.ts'
export {
  assertNothingExcludedWithin,
  type NestedSource,
  nestedSentence,
  nestedSources,
} from './contract/nested-sources.ts'
export { pinnedTerms } from './contract/pinned-terms.ts'
export { readContract } from './contract/read-contract.ts'
export { receiptForms } from './contract/receipt-signers.ts'
export { refusePassword, resolveSecret } from './contract/secrets.ts'
export { destinationSpec, destroySpec, probeSpec, sourceSpec } from './contract/source-spec.ts'
export { authorisersNeeded } from './contract/warnings.ts'
export { endOf, type Period } from './deadlines/calendar.ts'
export type { DeadlineCollision } from './deadlines/collisions.ts'
export { type DeadlineBound, type DeadlineExplanation, explainDeadlines } from './deadlines/explain.ts'
export { documentHead } from './document-head.ts'
export { type Dossier, openDossier } from './dossier.ts'
export { dueActions } from './due/due.ts'
export type { DueAction, DueActionName } from './due/due-action.ts'
export { assertExporter, exportersOf } from './exporters.ts'
export { readBounded } from './files.ts'
export { type Floor, type FloorName, floorsOf } from './floors.ts'
export { type FormKind, type FormOptions, formKinds, formOf } from './forms.ts'
export { isUntyped } from './guards/copies.ts'
export {
  type CopyFacts,
  type DestructionFacts,
  type GuardName,
  type GuardVerdict,
  guardNames,
  type PackageFacts,
  type ReceiptFacts,
  type SignedFacts,
} from './guards/facts.ts'
export { assertGuards, destructionGuards } from './guards/guards.ts'
export { assertWholeSince, isTouched } from './half-destroyed.ts'
export type { AppendOptions, Ledger } from './ledger/ledger.ts'
export { WriterLock } from './lock.ts'
export { appendLogEntry, type LogEntry, type LogLine, logLines } from './log/entries.ts'
export { type LogPurge, purgeLog } from './log/purge.ts'
export {
  changedReview,
  changeFound,
  type LogReview,
  type LogState,
  type LogSummary,
  logState,
  reviewedUntil,
  reviewLog,
  summariseLog,
} from './log/review.ts'
export type { MandatedKey } from './mandates.ts'
export { type DeliveredMedium, mediaOf } from './media.ts'
export { askTime, keepMoment, type StampedMoment } from './moment.ts'
export { namedIn } from './named-in.ts'
export { type OperationState, operationsOf, type Stage, stageNames, stateOf } from './operation-state.ts'
export { orderSigners } from './order-signers.ts'
export type { DossierPaths } from './paths.ts'
export { contractAt, contractCopy, keyCopy } from './pinned-contracts.ts'
export { pinContract } from './pinning.ts'
export { type Challenge, sendChallenges } from './record/challenge.ts'
export { type RecordKind, type RecordOptions, recordKinds } from './record/options.ts'
export { statedForm } from './record/receipt-evidence.ts'
export { record } from './record/record.ts'
export { statementBytes } from './record/statement.ts'
export { isOurs, laidOutAnew, refuseLaidOutAnew, refuseUnfilled } from './record/unfilled.ts'
export { holdsRole } from './roles.ts'
export { authoritiesOf, signatureFiles } from './signatures.ts'
export {
  maxDocumentBytes,
  type StoredDocument,
  signedDocument,
  storeDocument,
  storedDocument,
} from './signed-documents.ts'
export { receiptEvent, signedReceipt } from './signed-receipt.ts'
export { isHeldBySilence } from './silence.ts'
export { type SignatureMaps, signatureMaps, stampedSignature, stampUnder } from './stamping.ts'
