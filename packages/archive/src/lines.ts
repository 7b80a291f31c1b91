import { RestituteError } from '@restitute/core'

const lineFeed = 0x0a

/**
 * The lines of a stream, without their line feeds. Throws `hostile-input` for a line longer than `longest` bytes,
 * `invalid` when the last one has no line feed; `name` is for messages.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  longest: number,
  name: string,
): AsyncIterable<Uint8Array> {
  const pieces: Uint8Array[] = []
  let held = 0
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      pieces.push(chunk.subarray(from, end))
      yield bounded(Buffer.concat(pieces), longest, name)
      pieces.length = 0
      held = 0
      from = end + 1
    }
    // A copy: chunks are good until the next is asked for.
    pieces.push(Buffer.from(chunk.subarray(from)))
    held += chunk.length - from
    if (held > longest) throw tooLong(longest, name)
  }
  if (held > 0) throw new RestituteError('invalid', `${name}: its last line has no end`)
}

function bounded(line: Uint8Array, longest: number, name: string): Uint8Array {
  if (line.length > longest) throw tooLong(longest, name)
  return line
}

function tooLong(longest: number, name: string): RestituteError {
  return new RestituteError('hostile-input', `${name}: expected lines of at most ${longest} bytes, got more`)
}
