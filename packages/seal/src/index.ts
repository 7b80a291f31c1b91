export {
  decryptBytes,
  decryptStream,
  type Opener,
  readSealing,
  readSessionKey,
  type Sealing,
} from './decryption.ts'
export { encryptBytes, encryptStream, newSessionKey, type SessionKey } from './encryption.ts'
export { type GeneratedKey, generateKey, type KeyRequest } from './generate.ts'
export { type PrivateKey, type PublicKey, readPrivateKey, readPublicKey } from './keys.ts'
export { type KeyUse, keyProblems } from './policy.ts'
export { isTidySignature } from './signature-form.ts'
export { type SignatureVerdict, signDetached, verifyDetached } from './signatures.ts'
