import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync } from 'node:zlib'
import { RestituteError, release } from '@restitute/core'
import { chunkBytes, peek, rechunk } from './chunks.ts'
import { through } from './duplex.ts'

const sampleBytes = 1024 * 1024
const fast = 1
const usual = 3
/** Above this share of its size after the fast level, data is not worth a slower one. */
const incompressible = 0.9
/** The usual level takes twice the time of the fast one: it has to save more than a twentieth. */
const worthwhile = 0.95
/** 128 MiB: what `zstd -d` accepts without a flag. */
const windowLogMax = 27

/**
 * One zstd frame with a content checksum; data whose first MiB compresses as well fast, or not at all, is stored fast. A chunk is good until the
 * next is asked for.
 */
export async function* compress(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const { head, all } = await peek(source, sampleBytes)
  const params = {
    [constants.ZSTD_c_compressionLevel]: levelFor(Buffer.concat(head)),
    [constants.ZSTD_c_checksumFlag]: 1,
  }
  for await (const chunk of through(all, createZstdCompress({ params, chunkSize: chunkBytes }))) {
    yield chunk
    release(chunk)
  }
}

function levelFor(sample: Uint8Array): number {
  const small = sizeAt(fast, sample)
  if (small > incompressible * sample.length) return fast
  return sizeAt(usual, sample) > worthwhile * small ? fast : usual
}

function sizeAt(level: number, sample: Uint8Array): number {
  return zstdCompressSync(sample, { params: { [constants.ZSTD_c_compressionLevel]: level } }).length
}

/**
 * Decompresses one zstd frame that may be hostile: bounded window, nothing after its end, at most `maxBytes` out.
 * Throws `invalid` for damaged data, `hostile-input` beyond the bound. `lent`: a chunk is good until the next is asked for.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  name: string,
  maxBytes: number,
  lent = false,
): AsyncIterable<Uint8Array> {
  const params = { [constants.ZSTD_d_windowLogMax]: windowLogMax }
  const transform = createZstdDecompress({ params, chunkSize: chunkBytes, rejectGarbageAfterEnd: true })
  let bytes = 0
  try {
    // Deciphering gives small pieces, and each would be a round trip to another thread.
    for await (const chunk of through(rechunk(source), transform)) {
      bytes += chunk.length
      if (bytes > maxBytes) throw expandsTooFar(name, maxBytes)
      yield chunk
      if (lent) release(chunk)
    }
  } catch (thrown) {
    if (thrown instanceof RestituteError) throw thrown
    throw new RestituteError('invalid', `${name}: the zstd stream is damaged`, { cause: thrown })
  }
}

function expandsTooFar(name: string, maxBytes: number): RestituteError {
  return new RestituteError('hostile-input', `${name}: expected at most ${maxBytes} bytes inside, got more`)
}
