import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ContentHash, type Extent, RestituteError } from '../src/index.ts'

const mebibyte = 2 ** 20
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function hashed(size: number, extents: readonly Extent[] | undefined, chunks: readonly Uint8Array[]) {
  const hash = new ContentHash({ size, extents })
  for (const chunk of chunks) await hash.take(chunk)
  return hash.digest()
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
}

describe('the digest of a content', () => {
  it('is that of its bytes when all of them pass by', async () => {
    const bytes = randomBytes(10_000)
    expect(await hashed(10_000, undefined, cut(bytes, 999))).toBe(sha256(bytes))
    expect(await hashed(0, undefined, [])).toBe(sha256(Buffer.alloc(0)))
  })

  it('reads holes as zeros, however the stretches are cut into chunks', async () => {
    const extents = [
      { offset: 0, length: 10 },
      { offset: 10, length: 5 },
      { offset: 5000, length: 3000 },
      { offset: mebibyte, length: 1 },
    ]
    const data = randomBytes(3016)
    const whole = Buffer.alloc(2 * mebibyte)
    let from = 0
    for (const { offset, length } of extents) from += data.copy(whole, offset, from, from + length)
    for (const size of [1, 7, 2999, 5000]) {
      expect(await hashed(whole.length, extents, cut(data, size))).toBe(sha256(whole))
    }
  })

  it('of holes alone is that of so many zeros, also when several are wanted at once', async () => {
    const sizes = [0, 1, 64 * mebibyte, 64 * mebibyte + 1, 130 * mebibyte, 64 * mebibyte]
    const zeros = Buffer.alloc(130 * mebibyte)
    const got = await Promise.all(sizes.map((size) => hashed(size, [], [])))
    expect(got).toEqual(sizes.map((size) => sha256(zeros.subarray(0, size))))
  })

  it('of a gibibyte of zeros is known', async () => {
    const known = '49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14'
    for (const _again of [1, 2, 3]) expect(await hashed(1024 * mebibyte, [], [])).toBe(known)
  })

  it('is another one when there is more than the stretches', async () => {
    const extents = [{ offset: 0, length: 3 }]
    expect(await hashed(9, extents, [Buffer.from('abcd')])).not.toBe(
      await hashed(9, extents, [Buffer.from('abc')]),
    )
  })

  it('is not waited for once interrupted', async () => {
    const hash = new ContentHash({ size: 2 ** 50, extents: [] }, AbortSignal.abort())
    await expect(hash.digest()).rejects.toThrow(RestituteError)
  })
})
