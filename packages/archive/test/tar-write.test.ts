import { execFileSync, spawnSync } from 'node:child_process'
import type { Entry } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { Meter } from '../src/meter.ts'
import { headerOf } from '../src/tar-header.ts'
import { tarOf } from '../src/tar-write.ts'
import { expectCode } from './helpers.ts'

function file(path: string, content: Buffer, more: Partial<Entry> = {}): Entry {
  return {
    ...{ path, type: 'file', size: content.length, mode: 0o640, modified: 1_700_000_000_123_456_789n },
    content: async function* () {
      yield content.subarray(0, 700)
      yield content.subarray(700)
    },
    ...more,
  }
}

async function packed(entries: readonly Entry[]): Promise<{ tar: Buffer; told: string[] }> {
  const told: string[] = []
  const from = {
    source: 'letters',
    entries: (async function* () {
      yield* entries
    })(),
    onEntry: ({ path, size, sha256 }: { path: string; size: number; sha256?: string }) =>
      void told.push(`${path} ${size} ${sha256}`),
    onLoss: () => {},
    onProgress: (bytes: number) => void told.push(`${bytes} bytes`),
    meter: new Meter(),
    signal: new AbortController().signal,
  }
  const chunks: Buffer[] = []
  for await (const chunk of tarOf(from)) chunks.push(Buffer.from(chunk))
  return { tar: Buffer.concat(chunks), told }
}

describe('an entry that is in memory as a whole', () => {
  const contents = [0, 1, 511, 512, 513, 300_000].map((length) => Buffer.alloc(length, `${length};`))
  const sum = (told: readonly string[]) => told.filter((line) => !line.endsWith(' bytes'))

  it('is packed as the same content that comes in pieces', async () => {
    const streamed = await packed(contents.map((content, i) => file(`data/${i}`, content)))
    const whole = await packed(contents.map((bytes, i) => file(`data/${i}`, bytes, { atHand: bytes })))
    expect(whole.tar.equals(streamed.tar)).toBe(true)
    expect(sum(whole.told)).toEqual(sum(streamed.told))
    const listed = execFileSync('tar', ['-tvf', '-'], { input: whole.tar, encoding: 'utf8' })
    expect(
      listed
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[2]),
    ).toEqual(contents.map(({ length }) => String(length)))
  })

  it('is told of like any other: its digest, and its bytes as progress', async () => {
    const told: string[] = []
    const bytes = Buffer.from('letter')
    const hashed = (sha256: string): void => void told.push(sha256)
    expect((await packed([file('data/a', bytes, { atHand: bytes, hashed })])).told).toEqual([
      '6 bytes',
      `data/a 6 ${told[0]}`,
    ])
    expect(told).toEqual(['f80105efab6d863fd8fc243d269094469e2277e8f12e5a0a9f401e88494f7b4b'])
  })

  it('is refused when it is not what it announced', async () => {
    const bytes = Buffer.from('letter')
    for (const size of [5, 7])
      await expectCode(packed([file('data/a', bytes, { atHand: bytes, size })]), 'internal')
  })
})

describe('a header', () => {
  it('says a size that octal digits cannot say as GNU tar reads it', () => {
    const stored = 9 * 1024 ** 3 + 5
    const entry = file('data/a', Buffer.alloc(0), { modified: 0n })
    const { stdout } = spawnSync('tar', ['-tvf', '-'], {
      input: headerOf(entry, 'letters', { stored, sparse: false }),
      encoding: 'utf8',
    })
    expect(stdout.split(/\s+/)[2]).toBe(String(stored))
  })
})
