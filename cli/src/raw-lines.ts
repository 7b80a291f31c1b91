import { createReadStream } from 'node:fs'

const longest = 16 * 1024 * 1024
const lineFeed = 0x0a

/** The lines of a file as raw bytes, without their line feeds; a line is cut at 16 MiB, so that its check fails rather than the memory. */
export async function* rawLines(path: string): AsyncIterable<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let buffer = Buffer.concat([rest, chunk])
    for (let end = buffer.indexOf(lineFeed); end >= 0; end = buffer.indexOf(lineFeed)) {
      yield buffer.subarray(0, end)
      buffer = buffer.subarray(end + 1)
    }
    rest = buffer.length > longest ? buffer.subarray(0, longest) : buffer
  }
  if (rest.length > 0) yield rest
}
