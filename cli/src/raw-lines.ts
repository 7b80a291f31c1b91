import { createReadStream } from 'node:fs'

const longest = 16 * 1024 * 1024
/** No event is longer. */
const longestCut = 1024 * 1024
const lineFeed = 0x0a

/**
 * The lines of a file as raw bytes, without their line feeds; a line is cut at 16 MiB, so that its check fails rather than the
 * memory. What a crash has left of a last one is no line: `onCut` is told its bytes.
 */
export async function* rawLines(
  path: string,
  onCut: (bytes: number) => void = () => {},
): AsyncIterable<Uint8Array> {
  const line = new Line()
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      line.add(chunk.subarray(from, end))
      yield line.end()
      from = end + 1
    }
    line.add(chunk.subarray(from))
  }
  const rest = line.end()
  if (rest.length > longestCut) yield rest
  else if (rest.length > 0) onCut(rest.length)
}

/** The pieces of one line, as many as are kept. */
class Line {
  #pieces: Uint8Array[] = []
  #bytes = 0

  add(piece: Uint8Array): void {
    const kept = piece.subarray(0, longest - this.#bytes)
    this.#bytes += kept.length
    if (kept.length > 0) this.#pieces.push(kept)
  }

  end(): Uint8Array {
    const line = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    return line
  }
}
