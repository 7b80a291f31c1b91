import { RestituteError } from '@restitute/core'
import type { Fingerprint } from '@restitute/manifest'
import * as openpgp from 'openpgp'
import { isBinary } from './armor.ts'
import type { PrivateKey, PublicKey } from './keys.ts'
import { policy } from './policy.ts'
import { stateOf } from './signature-state.ts'

/** What is known of one signature. Only `good` says that the key signed these bytes, and could be relied on. */
export interface SignatureVerdict {
  /**
   * - `bad`: not of these bytes by that key, or damaged;
   * - `unknown-key`: by a key that was not given;
   * - `outside-key-life`: claims a time, or was stamped at one, before the key existed or after it expired or was
   *   revoked; or the (sub)key is not meant to sign; or it was revoked as compromised, at any time;
   * - `weak`: not `bad`, but by a hash or key below the policy, or over text, which does not fix every byte.
   */
  readonly state: 'good' | 'bad' | 'unknown-key' | 'outside-key-life' | 'weak'
  /** Of the signer's primary key, when the key was given. */
  readonly fingerprint?: Fingerprint
  /** Of the (sub)key that signed, 16 hexadecimal digits; empty when it cannot be read. */
  readonly keyId: string
  /** Time claimed by the signer. */
  readonly signedAt?: Date
  /** The key has expired since it made this signature. */
  readonly keyExpiredSince?: Date
}

/** One file per signature is the rule; what has many is meant to burn time. */
const limits = { bytes: 256 * 1024, signatures: 16 }

/**
 * Signs bytes as they are: a detached signature with SHA-512 (SHA-256 where the key's own preferences exclude
 * that), by the signing (sub)key valid at `at`, which becomes the time of the signature. Throws `key-unfit`
 * when the key may not sign then.
 */
export async function signDetached(
  data: Uint8Array,
  key: PrivateKey,
  at: Date,
): Promise<{ armored: string; binary: Uint8Array }> {
  try {
    const made = await openpgp.sign({
      message: await openpgp.createMessage({ binary: data }),
      signingKeys: key.openpgp,
      detached: true,
      date: at,
      format: 'object',
      config: policy,
    })
    return { armored: made.armor(), binary: made.write() as Uint8Array }
  } catch (cause) {
    const message = `signature: key ${key.fingerprint} cannot sign at ${at.toISOString()}`
    throw new RestituteError('key-unfit', message, { cause })
  }
}

/**
 * Judges every signature in `signature` (armored or binary), in its order; what cannot be read is `bad`. An
 * empty list means that nothing was signed: never a success. Each is judged at the time it claims and, when a good
 * time stamp shows that the file existed at `stampedAt`, also then; `now` serves `keyExpiredSince` alone. Throws
 * `hostile-input` for more than 256 KiB or 16 signatures.
 */
export async function verifyDetached(
  data: Uint8Array,
  signature: Uint8Array,
  keys: readonly PublicKey[],
  now: Date = new Date(),
  stampedAt?: Date,
): Promise<SignatureVerdict[]> {
  const packets = await signaturePackets(signature)
  const verdicts: SignatureVerdict[] = []
  for (const packet of packets) {
    verdicts.push(packet ? await judge(data, packet, keys, now, stampedAt) : { state: 'bad', keyId: '' })
  }
  return verdicts
}

/** `undefined` for each that cannot be read. */
async function signaturePackets(bytes: Uint8Array): Promise<(openpgp.SignaturePacket | undefined)[]> {
  if (bytes.length > limits.bytes) throw tooMuch(`${limits.bytes} bytes, got ${bytes.length}`)
  if (bytes.length === 0) return []
  const lists = isBinary(bytes) ? [await readBinary(bytes)] : await readArmored(bytes)
  const packets = lists.flat()
  if (packets.length > limits.signatures) throw tooMuch(`${limits.signatures} signatures`)
  return packets
}

async function readBinary(binarySignature: Uint8Array): Promise<(openpgp.SignaturePacket | undefined)[]> {
  try {
    return onlySignatures(await openpgp.readSignature({ binarySignature }))
  } catch {
    return [undefined]
  }
}

/** The library reads the first armored block of a text only; none may be overlooked. */
async function readArmored(bytes: Uint8Array): Promise<(openpgp.SignaturePacket | undefined)[][]> {
  const block = /-----BEGIN PGP SIGNATURE-----.*?-----END PGP SIGNATURE-----/gs
  const texts = Buffer.from(bytes).toString('utf8').match(block)
  if (!texts) return [[undefined]]
  return Promise.all(
    texts.map((armoredSignature) =>
      openpgp.readSignature({ armoredSignature }).then(onlySignatures, () => [undefined]),
    ),
  )
}

function onlySignatures(read: openpgp.Signature): (openpgp.SignaturePacket | undefined)[] {
  return [...read.packets].map((packet) => (packet instanceof openpgp.SignaturePacket ? packet : undefined))
}

async function judge(
  data: Uint8Array,
  packet: openpgp.SignaturePacket,
  keys: readonly PublicKey[],
  now: Date,
  stampedAt: Date | undefined,
): Promise<SignatureVerdict> {
  const claim = { keyId: packet.issuerKeyID.toHex(), ...(packet.created ? { signedAt: packet.created } : {}) }
  const signer = keys.find((key) => key.openpgp.getKeys(packet.issuerKeyID).length > 0)
  if (!signer) return { state: 'unknown-key', ...claim }
  const { state, expires } = await stateOf(data, packet, signer.openpgp, stampedAt)
  const expired = state === 'good' && expires && expires <= now ? { keyExpiredSince: expires } : {}
  return { state, fingerprint: signer.fingerprint, ...claim, ...expired }
}

function tooMuch(expected: string): RestituteError {
  return new RestituteError('hostile-input', `signature: expected at most ${expected}`)
}
