import { createHash, randomBytes } from 'node:crypto'
import type { IndexHeader, IndexLine } from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import { directoryDestination, indexName, readIndex, volumeName, writeIndex } from '../src/index.ts'
import { bytesOf, expectCode, namesIn, newKey, temporaryFolder } from './helpers.ts'

type Key = Awaited<ReturnType<typeof newKey>>
let key: Key
beforeAll(async () => {
  key = await newKey('client')
})

const salt = randomBytes(32)

function someLines(n: number): IndexLine[] {
  return Array.from({ length: n }, (_, i) => [
    { item: `café/${i}`, kind: 'file', state: 'exported' as const, bytes: i, mark: String(i) },
    {
      entry: `data/café/${i}`,
      item: `café/${i}`,
      type: 'file' as const,
      size: i,
      sha256: 'a'.repeat(64),
      volume: volumeName(1),
    },
  ]).flat()
}

async function written(lines: Iterable<IndexLine>, more: Partial<Parameters<typeof writeIndex>[0]> = {}) {
  const destination = directoryDestination(temporaryFolder())
  const record = await writeIndex({
    destination,
    name: indexName('records', 1),
    source: 'records',
    salt,
    lines,
    recipients: [key.publicKey],
    signal: new AbortController().signal,
    ...more,
  })
  const read = (record_ = record) =>
    Array.fromAsync(readIndex({ destination, record: record_, opener: { privateKeys: [key] } }))
  return { destination, record, read }
}

describe('an index', () => {
  it('gives back its header and lines in order', async () => {
    const lines = someLines(5000)
    const { record, read } = await written(lines)
    const [header, ...rest] = (await read()) as [IndexHeader, ...IndexLine[]]
    expect(header).toEqual({ schema: 'restitute/index/v1', source: 'records', salt: salt.toString('hex') })
    expect(rest).toEqual(lines)
    expect(record.lines).toBe(10_000)
    expect(record.saltSha256).toBe(createHash('sha256').update(salt).digest('hex'))
  })

  it('may be empty', async () => {
    const { record, read } = await written([])
    expect(record.lines).toBe(0)
    expect(await read()).toHaveLength(1)
  })

  it('is invalid when ciphertext, salt, lines, plaintext or source are not those of the record', async () => {
    const { destination, record, read } = await written(someLines(3))
    const other = 'b'.repeat(64)
    for (const wrong of [
      { lines: 5 },
      { lines: 7 },
      { saltSha256: other },
      { plaintextSha256: other },
      { sha256: other },
    ]) {
      await expectCode(read({ ...record, ...wrong }), 'invalid')
    }
    await expectCode(read({ ...record, source: 'other' }), 'invalid')
    const bytes = await bytesOf(destination.read(record.name))
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1
    await using file = await destination.create(record.name)
    await file.write(bytes)
    await file.commit()
    await expectCode(read(), 'invalid')
    await expectCode(read({ ...record, sha256: createHash('sha256').update(bytes).digest('hex') }), 'invalid')
  })

  it('refuses a line beyond 16 MiB', async () => {
    const line = {
      item: 'a',
      kind: 'file',
      state: 'lost' as const,
      bytes: 0,
      mark: '',
      reason: 'x'.repeat(17 * 2 ** 20),
    }
    const { read } = await written([line])
    await expectCode(read(), 'hostile-input')
  })

  it('refuses what is no index line', async () => {
    const { read } = await written([{ nonsense: true } as unknown as IndexLine])
    await expectCode(read(), 'document-invalid')
  })

  it('leaves nothing when it is aborted', async () => {
    const destination = directoryDestination(temporaryFolder())
    const abort = new AbortController()
    const lines = function* () {
      yield* someLines(2000)
      abort.abort()
      yield* someLines(2000)
    }
    await expectCode(written(lines(), { destination, signal: abort.signal }), 'interrupted')
    expect(await namesIn(destination)).toEqual([])
  })
})

describe('names in a package', () => {
  it('are numbered', () => {
    expect(volumeName(1)).toBe('volumes/000001.tar.zst.pgp')
    expect(indexName('records', 12)).toBe('index/records-12.jsonl.zst.pgp')
  })

  for (const source of ['a/b', '../x', 'a\\b', 'a\nb']) {
    it(`come from no source called ${JSON.stringify(source)}`, async () => {
      await expectCode((async () => indexName(source, 1))(), 'internal')
    })
  }
})
