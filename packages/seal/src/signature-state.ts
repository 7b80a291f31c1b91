import * as openpgp from 'openpgp'
import { anyStrength, policy } from './policy.ts'
import type { SignatureVerdict } from './signatures.ts'

/** The state of a signature whose key is known, and when the (sub)key that made it expires. */
export interface SignatureState {
  readonly state: SignatureVerdict['state']
  readonly expires?: Date
}

/** Where the library takes a date: judge without any time. */
const timeless = null as unknown as Date

/**
 * Judges a detached signature over `data` by one of the keys of `key`, at the time that it claims and, when it was
 * stamped, also then: only from that moment on is it known to have existed.
 */
export async function stateOf(
  data: Uint8Array,
  packet: openpgp.SignaturePacket,
  key: openpgp.PublicKey,
  stampedAt?: Date,
): Promise<SignatureState> {
  const { created: at, signatureType: type, hashAlgorithm } = packet
  const { binary, text } = openpgp.enums.signature
  // Other types sign nothing (standalone) or something else: valid, yet not of these bytes.
  if (!at || (type !== binary && type !== text)) return { state: 'bad' }
  if (hasRefusedCurve(key, packet.issuerKeyID)) return { state: 'weak' }
  if (!(await isRight(data, packet, key))) return { state: 'bad' }
  const expires = await expiryOf(key, packet.issuerKeyID)
  for (const time of [at, ...(stampedAt ? [stampedAt] : [])]) {
    if (!(await wasAlive(key, packet.issuerKeyID, time, expires))) return { state: 'outside-key-life' }
  }
  if (type === text || hashAlgorithm === null || policy.rejectMessageHashAlgorithms.has(hashAlgorithm)) {
    return { state: 'weak' }
  }
  if (!(await isStrong(key, packet.issuerKeyID, at))) return { state: 'weak' }
  return { state: 'good', ...(expires ? { expires } : {}) }
}

/** Not all of these curves can be computed here: a failure would say nothing of the signature. */
function hasRefusedCurve(key: openpgp.PublicKey, id: openpgp.KeyID): boolean {
  const curve = key.getKeys(id)[0]?.keyPacket.getAlgorithmInfo().curve
  return curve !== undefined && policy.rejectCurves.has(openpgp.enums.curve[curve])
}

/** Whether the mathematics hold, whatever the strength and the time. */
async function isRight(
  data: Uint8Array,
  packet: openpgp.SignaturePacket,
  key: openpgp.PublicKey,
): Promise<boolean> {
  const [signer] = key.getKeys(packet.issuerKeyID)
  if (!signer || packet.signatureType === null) return false
  const message = await openpgp.createMessage({ binary: data })
  const literal = message.packets.findPacket(openpgp.enums.packet.literalData)
  if (!literal) return false
  try {
    await packet.verify(signer.keyPacket, packet.signatureType, literal, timeless, true, anyStrength)
    return true
  } catch {
    return false
  }
}

/**
 * A key from which old self-signatures were cleaned has none valid at the signing time: then its present ones
 * say how long it lived, as GnuPG reads them.
 */
async function wasAlive(
  key: openpgp.PublicKey,
  id: openpgp.KeyID,
  at: Date,
  expires: Date | undefined,
): Promise<boolean> {
  if (await canSign(key, id, at, anyStrength)) return true
  const inTime = key.getCreationTime() <= at && (!expires || at < expires)
  return inTime && (await canSign(key, id, timeless, anyStrength))
}

async function isStrong(key: openpgp.PublicKey, id: openpgp.KeyID, at: Date): Promise<boolean> {
  return (await canSign(key, id, at, policy)) || (await canSign(key, id, timeless, policy))
}

async function canSign(
  key: openpgp.PublicKey,
  id: openpgp.KeyID,
  at: Date,
  config: openpgp.Config,
): Promise<boolean> {
  try {
    await key.getSigningKey(id, at, undefined, config)
    return true
  } catch {
    return false
  }
}

/** The earlier expiry of the primary key and of the subkey that signed. */
async function expiryOf(key: openpgp.PublicKey, id: openpgp.KeyID): Promise<Date | undefined> {
  const [subkey] = key.getSubkeys(id)
  const times = [
    await key.getExpirationTime(undefined, anyStrength),
    subkey && (await subkey.getExpirationTime(timeless, anyStrength)),
  ]
  const dates = times.filter((time) => time instanceof Date)
  return dates.sort((a, b) => a.getTime() - b.getTime())[0]
}
