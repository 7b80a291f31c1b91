export { canonicalJson } from './canonical-json.ts'
export { type ChargeKind, type ChargeLaw, chargeLaws } from './charges.ts'
export { isClosed } from './closed-outcomes.ts'
export { type ContractCheck, usualSample, validateContract } from './contract.ts'
export { isAllowedCountry } from './countries.ts'
export {
  type DeadlineName,
  type DeadlineRule,
  type DeadlineTerm,
  deadlineRules,
  type Milestone,
  milestones,
  type SilenceStep,
  silenceSteps,
} from './deadline-rules.ts'
export { sha256Hex } from './digest.ts'
export type {
  Checkpoint,
  ContractRef,
  DocumentHead,
  Fingerprint,
  IsoTime,
  PackageRef,
  Sha256,
} from './documents/common.ts'
export type {
  Actor,
  ClientParty,
  ConformityLevel,
  Contact,
  Contract,
  CopyTerms,
  CostTerms,
  Deadlines,
  DestinationTerms,
  Guarantees,
  HostParty,
  IndicatorMeasure,
  IndicatorTerms,
  Instance,
  Person,
  PinnedTerms,
  ReceiptForm,
  ReceiptTerms,
  RehearsalTerms,
  Role,
  SecurityObjective,
  SourceTerms,
  TimestampTerms,
  WayIn,
  X509Terms,
} from './documents/contract.ts'
export { securityObjectives } from './documents/contract.ts'
export type {
  Certificate,
  CertifiedCopy,
  CopyDeclaration,
  CopyKind,
  CopyOutcome,
  KeptPart,
  Order,
  OrderedCopy,
  Scope,
  ScopeCopy,
  ScopeSource,
} from './documents/destruction.ts'
export { type EventType, eventTypes, type LedgerEvent, type LedgerLine } from './documents/ledger-event.ts'
export type { IndexEntry, IndexHeader, IndexItem, IndexLine, ItemState } from './documents/package-index.ts'
export type {
  FileRecord,
  IndexRecord,
  Manifest,
  Measurement,
  MomentTimes,
  ReadBack,
  SourceRecord,
  Tally,
  VolumeRecord,
} from './documents/package-manifest.ts'
export type {
  AcceptedLoss,
  CheckVerdict,
  DestructionConsent,
  Receipt,
  ReceiptPackage,
  ReceiptSource,
} from './documents/receipt.ts'
export type {
  CostRecord,
  ForecastDeadline,
  ForecastRecord,
  IndicatorRecord,
  NegativeControl,
  Rehearsal,
  RehearsalFailure,
  RehearsalStep,
  RehearsalVerdict,
  RehearsedSourceRecord,
  SecondsInterval,
  TimelineRecord,
} from './documents/rehearsal.ts'
export type {
  Custody,
  Declaration,
  DocumentSigner,
  Incident,
  IncidentNature,
  Mandate,
  MandatedCommand,
  Request,
  RequestReason,
  Statement,
  StatementKind,
  Waivable,
} from './documents/statement.ts'
export {
  type DocumentKind,
  type Documents,
  documentBytes,
  documentKind,
  readDocument,
} from './documents.ts'
export {
  isKnownEvent,
  ledgerLineOf,
  validateIndexHeader,
  validateIndexLine,
  validateLedgerLine,
} from './lines.ts'
export { newerVersion } from './newer-version.ts'
export { type JsonLimits, parseJson } from './parse-json.ts'
export type { Problem } from './problems.ts'
export { isLastWord, putOnMedium } from './put-on-medium.ts'
export { otherReasons } from './reasons.ts'
