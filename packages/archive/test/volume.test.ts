import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, type Loss, RestituteError } from '@restitute/core'
import { newSessionKey } from '@restitute/seal'
import { beforeAll, describe, expect, it } from 'vitest'
import { directoryDestination, readVolume, writeVolume } from '../src/index.ts'
import {
  bytesOf,
  contentsOf,
  directoryEntry,
  each,
  expectCode,
  fileEntry,
  namesIn,
  newKey,
  temporaryFolder,
  volumeOf,
} from './helpers.ts'

type Key = Awaited<ReturnType<typeof newKey>>
let key: Key
beforeAll(async () => {
  key = await newKey('client')
})

describe('a volume', () => {
  it('gives back the entries, their content, modes and times to the nanosecond', async () => {
    const long = `data/${'très-long/'.repeat(30)}é.bin`
    const entries = [
      fileEntry('data/empty', ''),
      fileEntry('data/small.txt', 'hello\n', { mode: 0o600 }),
      fileEntry('data/unreadable', 'x', { mode: 0 }),
      fileEntry('data/before-1970', 'old', { modified: -1_500_000_001n }),
      fileEntry('data/after-2038', 'new', { modified: 4_000_000_000_000_000_000n }),
      fileEntry('data/whole-second', 's', { modified: 1_000_000_000n }),
      fileEntry(long, 'name'),
      directoryEntry(`data/${'d'.repeat(98)}`, 0o700),
      fileEntry('data/random', randomBytes(3_000_001)),
      directoryEntry('data', 0o555),
    ]
    const destination = directoryDestination(temporaryFolder())
    const { record, told } = await volumeOf(destination, entries, key, { readBack: 'full' })
    const found = await contentsOf(destination, record, key)
    const want = await Promise.all(entries.map(async (e) => ({ ...e, bytes: await bytesOf(e.content()) })))
    expect(found).toEqual(
      want.map(({ path, type, size, mode, modified, bytes }) => ({
        source: 'records',
        path,
        type,
        size,
        mode,
        modified,
        bytes,
      })),
    )
    expect(record).toMatchObject({
      source: 'records',
      shard: '000001',
      entries: 10,
      plaintextBytes: 3_000_019,
    })
    expect(told.map((t) => t.sha256)).toEqual(
      want.map((e) => (e.type === 'file' ? createHash('sha256').update(e.bytes).digest('hex') : undefined)),
    )
  })

  it('tells an entry its digest, holes counted, before it asks for the next', async () => {
    const hashed: string[] = []
    const tell = { hashed: (sha256: string) => void hashed.push(sha256) }
    async function* entries(): AsyncIterable<Entry> {
      yield fileEntry('data/whole', 'hello\n', tell)
      expect(hashed).toEqual([createHash('sha256').update('hello\n').digest('hex')])
      const extents = [{ offset: 4096, length: 1 }]
      yield { ...fileEntry('data/sparse', 'x', tell), size: 8192, extents }
      const zeros = Buffer.alloc(8192)
      zeros.write('x', 4096)
      expect(hashed[1]).toBe(createHash('sha256').update(zeros).digest('hex'))
    }
    await volumeOf(directoryDestination(temporaryFolder()), entries(), key)
    expect(hashed).toHaveLength(2)
  })

  it('holds one zstd frame for any size around its buffers', async () => {
    for (const size of [0, 1, 130_559, 130_560, 131_072, 1_048_576, 1_048_577, 2_500_000]) {
      const destination = directoryDestination(temporaryFolder())
      const content = Buffer.alloc(size, 'abc')
      const { record } = await volumeOf(destination, [fileEntry('data/f', content)], key)
      const [entry] = await contentsOf(destination, record, key)
      expect(entry?.bytes.equals(content), `${size} bytes`).toBe(true)
    }
  })

  it('skips content that is not read, or read in part', async () => {
    const destination = directoryDestination(temporaryFolder())
    const big = randomBytes(700_000)
    const entries = [fileEntry('data/a', big), fileEntry('data/b', big), fileEntry('data/c', 'end')]
    const { record } = await volumeOf(destination, entries, key)
    const seen: string[] = []
    for await (const entry of readVolume({ destination, record, opener: { privateKeys: [key] } })) {
      seen.push(entry.path)
      if (entry.path === 'data/b') for await (const _chunk of entry.content()) break
      if (entry.path === 'data/c') seen.push((await bytesOf(entry.content())).toString())
    }
    expect(seen).toEqual(['data/a', 'data/b', 'data/c', 'end'])
  })

  it('can be left in the middle', async () => {
    const destination = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(
      destination,
      [fileEntry('data/a', randomBytes(900_000)), fileEntry('data/b', 'b')],
      key,
    )
    for await (const entry of readVolume({ destination, record, opener: { privateKeys: [key] } })) {
      expect(entry.path).toBe('data/a')
      break
    }
  })

  it('reports losses, counts the rest and measures each stage', async () => {
    const destination = directoryDestination(temporaryFolder())
    const losses: Loss[] = []
    let progress = 0
    const { record, measurements } = await writeVolume({
      destination,
      name: 'volumes/000001.tar.zst.pgp',
      source: 'records',
      shard: '000001',
      entries: each<Entry | Loss>([
        fileEntry('data/a', 'aaa'),
        { lost: 'EACCES', item: 'b' },
        fileEntry('data/c', 'cc'),
      ]),
      recipients: [key.publicKey],
      onEntry: () => {},
      onLoss: (loss) => void losses.push(loss),
      onProgress: (bytes) => {
        progress += bytes
      },
      signal: new AbortController().signal,
      readBack: 'hash',
    })
    expect(losses).toEqual([{ lost: 'EACCES', item: 'b' }])
    expect(record.entries).toBe(2)
    expect(progress).toBe(5)
    expect(measurements.map((m) => m.stage)).toEqual([
      'read',
      'pack',
      'compress',
      'encrypt',
      'write',
      'read-back',
    ])
    expect(measurements[0]).toMatchObject({ bytesIn: 5, items: 2, source: 'records', retries: 0 })
    expect(measurements[4]).toMatchObject({ bytesOut: record.bytes })
  })

  it('stores what does not compress fast, and compresses the rest', async () => {
    const destination = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(
      destination,
      [fileEntry('data/text', 'patient;42\n'.repeat(300_000))],
      key,
    )
    expect(record.bytes).toBeLessThan(record.plaintextBytes / 100)
  })
})

describe('writing a volume leaves no file', () => {
  const cases: Record<string, { entry: Entry; code: string }> = {
    'when an entry is longer than announced': {
      entry: fileEntry('data/a', 'abc', { size: 2 }),
      code: 'internal',
    },
    'when an entry is shorter than announced': {
      entry: fileEntry('data/a', 'abc', { size: 4 }),
      code: 'internal',
    },
    'for an absolute path': { entry: fileEntry('/etc/passwd', 'abc'), code: 'internal' },
    'for a path with ..': { entry: fileEntry('data/../../x', 'abc'), code: 'internal' },
    'when the source fails': { entry: failing(), code: 'source-view-lost' },
  }
  for (const [name, { entry, code }] of Object.entries(cases)) {
    it(`${name}`, async () => {
      const folder = temporaryFolder()
      const entries = [fileEntry('data/first', randomBytes(2_000_000)), entry]
      await expectCode(volumeOf(directoryDestination(folder), entries, key), code)
      expect(readdirSync(folder, { recursive: true })).toEqual(['volumes'])
    })
  }

  it('when a path occurs twice', async () => {
    const folder = temporaryFolder()
    await expectCode(
      volumeOf(directoryDestination(folder), [fileEntry('data/a', 'a'), fileEntry('data/a', 'b')], key),
      'internal',
    )
    expect(readdirSync(join(folder, 'volumes'))).toEqual([])
  })

  it('when it is aborted, wherever that happens, and closes the source', async () => {
    for (const stopAt of [0, 1, 65536, 1_000_000, 4_000_000]) {
      const folder = temporaryFolder()
      const abort = new AbortController()
      let closed = false
      const entries = async function* () {
        try {
          yield fileEntry('data/a', randomBytes(4_000_000))
          yield fileEntry('data/b', 'b')
        } finally {
          closed = true
        }
      }
      let done = 0
      if (stopAt === 0) abort.abort()
      const onProgress = (bytes: number) => {
        done += bytes
        if (done >= stopAt) abort.abort()
      }
      const writing = volumeOf(directoryDestination(folder), entries(), key, {
        signal: abort.signal,
        onProgress,
      })
      await expectCode(writing, 'interrupted')
      expect(readdirSync(folder, { recursive: true }).filter((f) => f !== 'volumes')).toEqual([])
      expect(closed || stopAt === 0, `source closed after ${stopAt}`).toBe(true)
    }
  })

  it('when the destination fails in the middle', async () => {
    for (const failAt of [0, 1, 300_000, 3_000_000]) {
      const folder = temporaryFolder()
      const inner = directoryDestination(folder)
      let written = 0
      const destination = {
        ...inner,
        create: async (name: string) => {
          const file = await inner.create(name)
          return {
            write: async (chunk: Uint8Array) => {
              written += chunk.length
              if (written > failAt) throw new RestituteError('destination-full', 'no room')
              await file.write(chunk)
            },
            commit: () => file.commit(),
            [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
          }
        },
      }
      await expectCode(
        volumeOf(destination, [fileEntry('data/a', randomBytes(4_000_000))], key),
        'destination-full',
      )
      expect(readdirSync(join(folder, 'volumes'))).toEqual([])
    }
  })

  it('when what is read back differs', async () => {
    for (const readBack of ['hash', 'full'] as const) {
      const folder = temporaryFolder()
      const inner = directoryDestination(folder)
      const destination = {
        ...inner,
        read: async function* (name: string, options?: { fresh?: boolean }) {
          expect(options?.fresh).toBe(true)
          for await (const chunk of inner.read(name, options)) {
            const flipped = Buffer.from(chunk)
            flipped[10] = (flipped[10] ?? 0) ^ 1
            yield flipped
          }
        },
      }
      await expectCode(
        volumeOf(destination, [fileEntry('data/a', 'abc')], key, { readBack }),
        'destination-failed',
      )
      expect(await namesIn(inner)).toEqual([])
    }
  })
})

describe('a damaged volume is invalid', () => {
  it('whichever region is flipped, cut, extended or left out', async () => {
    const destination = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(
      destination,
      [fileEntry('data/a', randomBytes(5000)), fileEntry('data/b', 'b')],
      key,
    )
    const good = await bytesOf(destination.read(record.name))
    const damaged = [
      ...[0, 1, 20, 60, 100, 160, 1000, good.length - 25, good.length - 1].map((at) => flip(good, at)),
      ...[0, 1, 50, 1000, good.length - 1].map((length) => good.subarray(0, length)),
      Buffer.concat([good, Buffer.from([0])]),
      Buffer.concat([good, good]),
    ]
    for (const bytes of damaged) {
      await replace(destination, record.name, bytes)
      await expectCode(contentsOf(destination, record, key), 'invalid')
    }
  })

  it('when record and ciphertext agree but the message inside is damaged or followed by more', async () => {
    const destination = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(destination, [fileEntry('data/a', randomBytes(5000))], key)
    const good = await bytesOf(destination.read(record.name))
    const damaged = [
      flip(good, good.length - 1),
      flip(good, good.length - 2000),
      good.subarray(0, -1),
      Buffer.concat([good, good]),
      Buffer.concat([good, Buffer.from('garbage')]),
    ]
    for (const bytes of damaged) {
      await replace(destination, record.name, bytes)
      await expectCode(
        contentsOf(destination, { ...record, ...facts(bytes) }, key),
        'invalid',
        'hostile-input',
      )
    }
  })

  it('when it changes between the two passes', async () => {
    const inner = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(inner, [fileEntry('data/a', randomBytes(5000))], key)
    const { record: other } = await volumeOf(inner, [fileEntry('data/a', randomBytes(5000))], key, {
      name: 'volumes/2',
    })
    let pass = 0
    const destination = { ...inner, read: () => inner.read(pass++ === 0 ? record.name : other.name) }
    await expectCode(contentsOf(destination, record, key), 'invalid')
  })

  it('when entries or bytes are not those of the record', async () => {
    const destination = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(
      destination,
      [fileEntry('data/a', 'abc'), fileEntry('data/b', 'b')],
      key,
    )
    for (const wrong of [{ entries: 1 }, { entries: 3 }, { plaintextBytes: 3 }, { plaintextBytes: 5 }]) {
      await expectCode(contentsOf(destination, { ...record, ...wrong }, key), 'invalid')
    }
  })
})

it('a volume opens with no other key than the recipients’ and its session key', async () => {
  const destination = directoryDestination(temporaryFolder())
  const { record } = await volumeOf(destination, [fileEntry('data/a', 'abc')], key)
  await expectCode(contentsOf(destination, record, await newKey('other')), 'key-wrong')
  const entries = readVolume({ destination, record, opener: { sessionKey: newSessionKey() } })
  await expectCode(Array.fromAsync(entries), 'invalid', 'key-wrong')
})

function failing(): Entry {
  const content = async function* () {
    yield Buffer.from('ab')
    throw new RestituteError('source-view-lost', 'gone')
  }
  return fileEntry('data/failing', 'abc', { content })
}

function flip(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0x10
  return copy
}

function facts(bytes: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

async function replace(
  destination: ReturnType<typeof directoryDestination>,
  name: string,
  bytes: Uint8Array,
) {
  await using file = await destination.create(name)
  await file.write(bytes)
  await file.commit()
}

describe('the read-back', () => {
  it('finds in full that what was packed is not what was told of, and removes the volume', async () => {
    const destination = directoryDestination(temporaryFolder())
    let read = false
    const content = async function* () {
      read = true
      yield Buffer.alloc(2000)
    }
    const entry = fileEntry('data/x', Buffer.alloc(2000), { content })
    // The header says the one name, the record the other.
    Object.defineProperty(entry, 'path', { get: () => (read ? 'data/y' : 'data/x') })
    const written = volumeOf(destination, [entry], key, { readBack: 'full' })
    await expectCode(written, 'destination-failed')
    expect(await Array.fromAsync(destination.list())).toEqual([])
  })
})
