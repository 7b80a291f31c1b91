export { anchorProblem, type SigningAnchor } from './cms/anchor.ts'
export {
  type CmsSigner,
  type CmsToVerify,
  type CmsVerdict,
  verifyCms,
} from './cms/verify-cms.ts'
export { decryptBytes, decryptStream, type Opener, readSessionKey } from './decryption.ts'
export { encryptBytes, encryptStream, newSessionKey, type SessionKey } from './encryption.ts'
export { type GeneratedKey, generateKey, type KeyRequest } from './generate.ts'
export { type PrivateKey, type PublicKey, readPrivateKey, readPublicKey } from './keys.ts'
export { type KeyUse, keyProblems } from './policy.ts'
export { isTidySignature } from './signature-form.ts'
export { type SignatureVerdict, signDetached, verifyDetached } from './signatures.ts'
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
