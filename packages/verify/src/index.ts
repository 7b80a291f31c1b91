export { unpackBundle } from './bundle.ts'
export { declarationIn } from './certificate/history.ts'
export { countryOf, deliveredOf, partiesOf } from './certificate/stated.ts'
export { type CheckedDocument, checkCheckpoints, checkpointHolds } from './checkpoints.ts'
export { type Finding, type FindingCode, finding, findingTable, type Severity } from './findings.ts'
export { type ManifestBytes } from './known-manifests.ts'
export type { Depth, PartialResults, SoundVolume } from './package/sound-volumes.ts'
export {
  inThisThread,
  type VerifyWorkers,
  type Watch,
} from './package/workers.ts'
export { type KnownManifest, receiptSaltFindings } from './receipt-salts.ts'
export { exitOf, type Report, type Signer, type Trust, type Verdict, verdictOf } from './report.ts'
export { type CertificateFacts, verifyCertificate } from './verify-certificate.ts'
export {
  type DocumentReport,
  type SignedByHand,
  type SignedBytes,
  verifySignedDocument,
} from './verify-document.ts'
export { type LedgerReading, verifyLedgerLines } from './verify-ledger.ts'
export { verifyManifest } from './verify-manifest.ts'
export { type PackageCheck, verifyPackage } from './verify-package.ts'
export { verifyReceipt } from './verify-receipt.ts'
