/** Numbers of the packets that are written and judged here (RFC 9580 §5). */
export const tags = {
  publicKeySessionKey: 1,
  signature: 2,
  passwordSessionKey: 3,
  onePassSignature: 4,
  marker: 10,
  literal: 11,
  integrityProtected: 18,
  modificationDetection: 19,
  padding: 21,
} as const

/** From here on a packet that is not known may be passed over (RFC 9580 §4.3). */
export const firstNotCritical = 40
