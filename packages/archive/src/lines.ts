import { RestituteError } from '@restitute/core'

const lineFeed = 0x0a

/**
 * The lines of a stream, without their line feeds, in groups: those that end in one chunk come without waiting, each good until
 * the next is asked for. Throws `hostile-input` for a line longer than `longest` bytes, `invalid` when the last one has no
 * line feed; `name` is for messages.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  longest: number,
  name: string,
): AsyncIterable<Iterable<Uint8Array>> {
  const begun: Begun = { pieces: [], bytes: 0 }
  for await (const chunk of source) yield linesIn(chunk, begun, longest, name)
  if (begun.bytes > 0) throw new RestituteError('invalid', `${name}: its last line has no end`)
}

/** What has come of a line. */
interface Begun {
  pieces: Uint8Array[]
  bytes: number
}

function* linesIn(chunk: Uint8Array, begun: Begun, longest: number, name: string): Iterable<Uint8Array> {
  let from = 0
  for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
    const rest = chunk.subarray(from, end)
    const line = begun.bytes === 0 ? rest : Buffer.concat([...begun.pieces, rest])
    begun.pieces = []
    begun.bytes = 0
    from = end + 1
    yield bounded(line, longest, name)
  }
  // A copy: chunks are good until the next is asked for.
  begun.pieces.push(Buffer.from(chunk.subarray(from)))
  begun.bytes += chunk.length - from
  if (begun.bytes > longest) throw tooLong(longest, name)
}

function bounded(line: Uint8Array, longest: number, name: string): Uint8Array {
  if (line.length > longest) throw tooLong(longest, name)
  return line
}

function tooLong(longest: number, name: string): RestituteError {
  return new RestituteError('hostile-input', `${name}: expected lines of at most ${longest} bytes, got more`)
}
