/**
 * The rows of mysql2 before it makes JavaScript values of them. Its `Query` reads a result packet by packet and calls
 * its method `row` for each: replacing that one method on one query gives the bytes as the server sent them, at a
 * fraction of the processor time. Relies on mysql2's inside: its version is pinned, and every test fails without it.
 */
export interface RowQuery {
  row: (this: unknown, packet: RowPacket, connection: unknown) => unknown
}

/** Where the values of a row lie. Its buffer is used again for the next one. */
export interface RowBytes {
  readonly buffer: Buffer
  /** Where the first value begins. */
  readonly offset: number
  readonly end: number
}

/** A packet in the text protocol: one row. */
export interface RowPacket extends RowBytes {
  isEOF(): boolean
  eofStatusFlags(): number
}

/** Whether the session is in a transaction after the result that this packet ends (SERVER_STATUS_IN_TRANS). */
export function isInTransaction(end: RowPacket): boolean {
  return (end.eofStatusFlags() & 1) === 1
}

/** Values as bytes; null is NULL. */
export type Row = readonly (Buffer | null)[]

/** Where the value that begins at an offset lies; length -1 is NULL. Fields of one object, to allocate nothing per value. */
export interface Place {
  start: number
  length: number
}

/** Reads a length-encoded string's head (protocol::LengthEncodedString). */
export function locate(buffer: Buffer, offset: number, place: Place): void {
  const first = buffer[offset] ?? 0
  if (first < 251) {
    place.start = offset + 1
    place.length = first
  } else if (first === 251) {
    place.start = offset + 1
    place.length = -1
  } else {
    const size = first === 252 ? 2 : first === 253 ? 3 : 8
    place.start = offset + 1 + size
    place.length =
      size === 8 ? Number(buffer.readBigUInt64LE(offset + 1)) : buffer.readUIntLE(offset + 1, size)
  }
}

/** A row's values, copied. */
export function rowOf({ buffer, offset, end }: RowBytes): Row {
  const row: (Buffer | null)[] = []
  const place: Place = { start: 0, length: 0 }
  for (let at = offset; at < end; at = place.start + Math.max(0, place.length)) {
    locate(buffer, at, place)
    row.push(place.length < 0 ? null : Buffer.from(buffer.subarray(place.start, place.start + place.length)))
  }
  return row
}
