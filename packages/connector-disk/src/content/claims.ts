import type { Image } from '../image/image.ts'
import { bytesOfFiles } from '../machine/marks.ts'
import type { Reader } from './reader.ts'

/** More data for each byte of a file than any compression of the formats gives. */
const mostRatio = 1100
/** What every image may have. */
const allowance = 2 ** 30

/**
 * Whether an image claims more data than its files can hold: then clusters of it lie over one another, and a small file
 * would become a package without end. Counts no further than it must.
 */
export async function claimsTooMuch(image: Image, reader: Reader, signal: AbortSignal): Promise<boolean> {
  if (image.format === 'raw') return false
  const most = allowance + mostRatio * (await bytesOfFiles(image.files))
  let bytes = 0
  for await (const { length } of reader.data({ offset: 0, length: reader.size }, signal)) {
    bytes += length
    if (bytes > most) return true
  }
  return false
}
