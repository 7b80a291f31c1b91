export {
  decryptBytes,
  decryptStream,
  encryptBytes,
  encryptStream,
  newSessionKey,
  type Opener,
  type SessionKey,
} from './encryption.ts'
export { type GeneratedKey, generateKey } from './generate.ts'
export { type PrivateKey, type PublicKey, readPrivateKey, readPublicKey } from './keys.ts'
export { keyProblems } from './policy.ts'
export { type SignatureVerdict, signDetached, verifyDetached } from './signatures.ts'
