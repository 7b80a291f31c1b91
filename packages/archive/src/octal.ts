/**
 * A number in octal digits, as `parseInt` reads it: until the first byte that is no digit. In a header that is checked
 * already, and without a text for each of its fields.
 */
export function octalIn(header: Buffer, from: number, to: number): number {
  let at = from
  let value = 0
  for (; at < to && isOctal(header[at]); at++) value = value * 8 + (header[at] ?? 0) - 0x30
  // White space and signs are what `parseInt` passes over.
  return at > from ? value : Number.parseInt(header.toString('latin1', from, to), 8)
}

/** Whether a byte is a digit from 0 to 7. */
export function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37
}
