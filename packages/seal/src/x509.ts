// Certificates, what is signed by them, and time stamps: apart, since most runs meet none and would load it for nothing.
export { anchorProblem, fingerprintOf, type SigningAnchor } from './cms/anchor.ts'
export {
  type CmsSigner,
  type CmsToVerify,
  type CmsVerdict,
  verifyCms,
} from './cms/verify-cms.ts'
export {
  requestTimestamp,
  type Stamp,
  stampBy,
  type TimestampRequest,
} from './timestamp/request-timestamp.ts'
export {
  type Stamped,
  type TimestampToVerify,
  type TimestampVerdict,
  verifyTimestamp,
} from './timestamp/verify-timestamp.ts'
export { fetchRevocationLists, type ListsToFetch } from './x509/fetch-lists.ts'
export { readTrustFile, type TrustFile } from './x509/trust-file.ts'
