import { describe, expect, it } from 'vitest'
import { readTime, writeTime } from '../src/pax-time.ts'
import { guardTar } from '../src/tar-guard.ts'
import { type TarEntry, untar } from '../src/tar-read.ts'
import { bytesOf, chunked, expectCode } from './helpers.ts'
import { tarWith } from './hostile.ts'

async function* entriesOf(tar: AsyncIterable<Uint8Array>): AsyncIterable<TarEntry> {
  for await (const group of untar(guardTar(tar, 'v'), 'v')) yield* group
}

describe('a tar', () => {
  it('reads the same however its bytes are cut', async () => {
    const tar = await tarWith(
      { name: 's/a', body: 'x'.repeat(511), pax: { mtime: '1.5' } },
      { name: 's/b/', type: 'directory' },
      { name: `s/${'é'.repeat(150)}`, body: 'y'.repeat(1025) },
      { name: 's/empty' },
    )
    for (const size of [1, 7, 511, 512, 513, 100_000]) {
      const found: string[] = []
      for await (const entry of entriesOf(chunked(tar, size))) {
        found.push(`${entry.name} ${entry.size} ${(await bytesOf(entry.content())).length} ${entry.modified}`)
      }
      expect(found).toEqual([
        's/a 511 511 1500000000',
        's/b/ 0 0 0',
        `s/${'é'.repeat(150)} 1025 1025 0`,
        's/empty 0 0 0',
      ])
      const cut = entriesOf(chunked(tar.subarray(0, -600), size))
      await expectCode(Array.fromAsync(cut), 'hostile-input')
    }
  })

  it('is read out of chunks that are overwritten once the next is asked for', async () => {
    const bodies = Array.from({ length: 40 }, (_, i) => String(i).repeat(37 * i))
    const tar = await tarWith(...bodies.map((body, i) => ({ name: `s/${i}`, body, pax: { mtime: '1.5' } })))
    const expected = bodies.map((body, i) => `s/${i} ${body}`)
    for (const size of [1, 513, 5000, 20_000]) {
      const found: string[] = []
      for await (const entry of entriesOf(overwritten(tar, size))) {
        const bytes = Buffer.from(entry.atHand ?? (await bytesOf(entry.content())))
        found.push(`${entry.name} ${bytes.toString()}`)
      }
      expect(found).toEqual(expected)
    }
    const entries = await Array.fromAsync(entriesOf(chunked(tar, 20_000)))
    expect(entries.filter((entry) => entry.atHand).length).toBeGreaterThan(bodies.length / 2)
  })
})

async function* overwritten(tar: Buffer, size: number): AsyncIterable<Uint8Array> {
  for await (const lent of chunked(tar, size)) {
    const chunk = Buffer.from(lent)
    yield chunk
    chunk.fill('!')
  }
}

describe('a pax time', () => {
  for (const [nanoseconds, text] of [
    [0n, '0'],
    [1n, '0.000000001'],
    [-1n, '-0.000000001'],
    [1_700_000_000_120_000_000n, '1700000000.12'],
    [-2_000_000_000n, '-2'],
    [99_999_999_999_999_999_999n, '99999999999.999999999'],
  ] as const) {
    it(`of ${nanoseconds} ns is ${text}`, () => {
      expect(writeTime(nanoseconds)).toBe(text)
      expect(readTime(text)).toBe(nanoseconds)
    })
  }

  it('is nothing else', () => {
    for (const text of ['', '-', '1.', '.5', '1e9', ' 1', '1.0000000001', '9999999999999', 'NaN']) {
      expect(readTime(text)).toBeUndefined()
    }
  })
})
