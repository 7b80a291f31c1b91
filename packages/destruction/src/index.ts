export { type DestructionOptions, isPackageBegun, signedScope } from './authority.ts'
export { type CertificateRequest, type IssuedCertificate, issueCertificate } from './certificate.ts'
export {
  type Copy,
  copiesOf,
  isActedOn,
  type StoredPackage,
  stagingInstance,
  workCopy,
} from './copies.ts'
export { folderHolding } from './elsewhere.ts'
export { type CopyResult, type ExecuteOptions, executeDestruction } from './execute.ts'
export { folderFingerprint } from './fingerprints.ts'
export { folderDestroyer, folderProber } from './folder-copy.ts'
export { type HeldFolder, holdFolder } from './held-folder.ts'
export type { LookOptions, SeenCopy } from './look.ts'
export { type OrderRequest, type WrittenOrder, writeOrder } from './order.ts'
export { filesIn, packageDestroyer, packageProber } from './package-copy.ts'
export { type DestructionPlan, type PlannedCopy, planDestruction } from './plan.ts'
export { type ProbeOptions, probeCopies } from './probe.ts'
export type { Reach } from './reach.ts'
export { seeCopies } from './see.ts'
