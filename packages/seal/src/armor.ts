/** Whether bytes are OpenPGP packets (whose first bit is set, RFC 9580 §4.2) and not ASCII armor. */
export function isBinary(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0x80) !== 0
}
