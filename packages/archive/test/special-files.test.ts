import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, systemCalls } from '@restitute/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { mostExtents, storableExtents, widened } from '../src/extents.ts'
import { directoryDestination, extractPackage, readVolume } from '../src/index.ts'
import {
  bytesOf,
  chunked,
  directoryEntry,
  expectCode,
  fileEntry,
  newKey,
  temporaryFolder,
  volumeOf,
} from './helpers.ts'
import { packageOf } from './hostile.ts'
import { contentAfterExtraction, linkEntry, sparseEntry, tarInside } from './special-files.ts'

type Key = Awaited<ReturnType<typeof newKey>>
let key: Key
beforeAll(async () => {
  key = await newKey('client')
})

const mebibyte = 2 ** 20
const page = () => randomBytes(4096)
const longName = `data/${'très-long/'.repeat(30)}é.bin`
const everyOther = Array.from({ length: 500 }, (_, i) => [8192 * i, page()] as const)
const note = { 'SCHILY.xattr.user.note': 'two words, = and\ta tab' }

const entries: readonly Entry[] = [
  fileEntry('data/file', 'content\n', {
    modified: -1_500_000_001n,
    uid: 1234,
    gid: 3_000_000_000,
    pax: note,
  }),
  linkEntry('data/link', 'data/file'),
  fileEntry(longName, 'a long name', { uid: 300_000, gid: 7 }),
  linkEntry(`${longName}-2`, longName),
  linkEntry('data/long', longName),
  sparseEntry('data/holes', 16 * mebibyte + 5, [
    [4096, page()],
    [mebibyte, page()],
    [16 * mebibyte, Buffer.from('tail!')],
  ]),
  linkEntry('data/holes-2', 'data/holes'),
  sparseEntry('data/hole-at-end', 8 * mebibyte, [[0, page()]]),
  sparseEntry('data/all-hole', 10 * mebibyte + 7, []),
  sparseEntry('data/small-hole', 300, []),
  sparseEntry('data/unaligned', mebibyte, [
    [1000, randomBytes(37)],
    [1500, randomBytes(3)],
    [700_001, randomBytes(70_000)],
  ]),
  sparseEntry('data/no-hole', 9000, [[0, randomBytes(9000)]]),
  sparseEntry('data/every-other-page', 8192 * 500, everyOther),
  sparseEntry(`data/${'profond/'.repeat(40)}creux`, mebibyte, [[0, page()]], {
    modified: 4_000_000_000_000_000_001n,
  }),
  directoryEntry('data', 0o755),
]
const files = entries.filter(({ type }) => type !== 'directory')

/** It adds the fraction of a negative time instead of taking it off; README.md says so. */
const bsdtarLate = 2n * 500_000_001n

/** That a folder holds the entries: content, names of one file, holes, times. */
async function expectAll(bag: string, program?: string): Promise<void> {
  for (const entry of files) {
    const path = join(bag, entry.path)
    const stat = lstatSync(path, { bigint: true })
    expect(readFileSync(path).equals(await contentAfterExtraction(entry, files)), entry.path).toBe(true)
    const leader = entry.link ?? entry.path
    expect(stat.ino, entry.path).toBe(lstatSync(join(bag, leader), { bigint: true }).ino)
    expect(Number(stat.nlink)).toBe(1 + files.filter(({ link }) => link === leader).length)
    const { extents, modified, size } = files.find(({ path: other }) => other === leader) as Entry
    const late = modified < 0n && program === 'bsdtar' ? bsdtarLate : 0n
    expect(stat.mtimeNs - late, entry.path).toBe(modified)
    const stored = extents?.reduce((sum, { length }) => sum + length + 8192, 0) ?? size + 4096
    expect(Number(stat.blocks) * 512, entry.path).toBeLessThanOrEqual(stored)
  }
}

/** The owner and group of a file; what is expected where nobody but root could give it. */
function ownerOf(path: string, uid: number, gid: number): number[] {
  if (process.getuid?.() !== 0) return [uid, gid]
  const found = lstatSync(path)
  return [found.uid, found.gid]
}

const programs = ['tar', 'bsdtar'].map((name) => ({
  name,
  missing: spawnSync(name, ['--version']).status !== 0,
}))
for (const { name, missing } of programs) if (missing) console.warn(`skipped: ${name} is not here`)

describe('links, holes, owners and attributes', () => {
  for (const { name, missing } of programs) {
    it.skipIf(missing)(`are restored by ${name}`, async () => {
      const destination = directoryDestination(temporaryFolder())
      const { record } = await volumeOf(destination, entries, key)
      const to = temporaryFolder()
      const tar = await tarInside(destination, record, key)
      const options = ['-xpf', '-', '-C', to, ...(name === 'tar' ? ['--xattrs', '--xattrs-include=*'] : [])]
      const { status, stderr } = spawnSync(name, options, {
        input: tar,
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      })
      expect(status, stderr.toString()).toBe(0)
      await expectAll(join(to, 'records'), name)
      const path = join(to, 'records/data/file')
      expect(ownerOf(path, 1234, 3_000_000_000)).toEqual([1234, 3_000_000_000])
      const value = systemCalls()?.getXattr(Buffer.from(path), Buffer.from('user.note'))
      expect(value?.toString() ?? Object.values(note)[0]).toBe(Object.values(note)[0])
    })
  }

  it('are restored by extracting', async () => {
    const parent = temporaryFolder()
    const destination = directoryDestination(join(parent, 'package'))
    const { record } = await volumeOf(destination, entries, key, { readBack: 'full' })
    const to = join(parent, 'to')
    const [opened, opener] = [packageOf(destination, [record]), { privateKeys: [key] }]
    const signal = new AbortController().signal
    let progress = 0
    const onProgress = (bytes: number) => void (progress += bytes)
    const done = await extractPackage({ package: opened, opener, to, signal, onProgress })
    expect(done).toEqual({ files: files.length, folders: 1, bytes: record.plaintextBytes, notKept: [] })
    expect(progress).toBe(record.plaintextBytes)
    await expectAll(join(to, 'records'))
    expect(ownerOf(join(to, 'records/data/file'), 1234, 3_000_000_000)).toEqual([1234, 3_000_000_000])
    expect(ownerOf(join(to, 'records', longName), 300_000, 7)).toEqual([300_000, 7])
  })

  it('are told with size and digest, a link with those of its file', async () => {
    const destination = directoryDestination(temporaryFolder())
    let progress = 0
    const onProgress = (bytes: number) => void (progress += bytes)
    const { record, told } = await volumeOf(destination, entries, key, { onProgress })
    for (const [i, entry] of files.entries()) {
      const content = await contentAfterExtraction(entry, files)
      const sha256 = createHash('sha256').update(content).digest('hex')
      expect(told[i]).toMatchObject({ path: entry.path, type: entry.type, size: content.length, sha256 })
      expect(told[i]?.link).toBe(entry.link)
    }
    const bytes = files.reduce((sum, { type, size }) => sum + (type === 'file' ? size : 0), 0)
    expect([record.plaintextBytes, progress, record.entries]).toEqual([bytes, bytes, entries.length])
    expect(record.bytes).toBeLessThan(20 * mebibyte)
  })

  it('come out of a volume as they went in', async () => {
    const destination = directoryDestination(temporaryFolder())
    const { record } = await volumeOf(destination, entries, key)
    const found: object[] = []
    const contents: Buffer[] = []
    for await (const entry of readVolume({ destination, record, opener: { privateKeys: [key] } })) {
      const { path, type, link, uid, gid, modified } = entry
      found.push({ path, type, link, uid, gid, modified })
      if (type === 'file')
        contents.push(await contentAfterExtraction({ ...fileEntry(path, ''), ...entry }, []))
    }
    expect(found).toEqual(
      entries.map(({ path, type, link, uid = 0, gid = 0, modified }) => ({
        path,
        type,
        link,
        uid,
        gid,
        modified,
      })),
    )
    for (const [i, entry] of files.filter(({ type }) => type === 'file').entries()) {
      expect(contents[i]?.equals(await contentAfterExtraction(entry, files)), entry.path).toBe(true)
    }
  })
})

it('a link alone is extracted with the content of its file, and its other names that are wanted', async () => {
  const parent = temporaryFolder()
  const destination = directoryDestination(join(parent, 'package'))
  const { record } = await volumeOf(destination, [...entries, linkEntry('data/link-3', 'data/file')], key)
  const to = join(parent, 'to')
  const done = await extractPackage({
    package: packageOf(destination, [record]),
    opener: { privateKeys: [key] },
    to,
    glob: 'data/{link,long}*',
    signal: new AbortController().signal,
  })
  expect(readdirSync(join(to, 'records/data')).sort()).toEqual(['link', 'link-3', 'long'])
  expect(readFileSync(join(to, 'records/data/long'), 'utf8')).toBe('a long name')
  const [one, other] = ['link', 'link-3'].map((name) =>
    lstatSync(join(to, 'records/data', name), { bigint: true }),
  )
  expect([one?.ino, one?.nlink, one?.mtimeNs]).toEqual([other?.ino, 2n, -1_500_000_001n])
  expect(done).toMatchObject({ files: 3, bytes: 19 })
})

it('a file of more stretches than a volume takes is stored with fewer and larger ones', async () => {
  const extents = Array.from({ length: mostExtents + 1 }, (_, i) => ({ offset: 1024 * i, length: 1 }))
  const size = 1024 * extents.length
  const stored = storableExtents(extents, size)
  expect(stored.length).toBeLessThanOrEqual(mostExtents)
  const content = await bytesOf(widened(chunked(Buffer.alloc(extents.length, 'x')), extents, stored))
  expect(content.length).toBe(size)
  for (const at of [0, 1, 1024, size - 1024, size - 1]) expect(content[at]).toBe(at % 1024 === 0 ? 120 : 0)
})

describe('writing refuses', () => {
  const cases: Record<string, Entry> = {
    'stretches that overlap': fileEntry('data/a', 'abcd', {
      extents: [
        { offset: 0, length: 2 },
        { offset: 1, length: 2 },
      ],
    }),
    'a stretch beyond the end': fileEntry('data/a', 'abcd', { extents: [{ offset: 2, length: 4 }] }),
    'less content than the stretches': sparseEntry('data/a', 9000, [[0, page()]], {
      content: () => chunked(Buffer.alloc(9)),
    }),
    'more content than the stretches': sparseEntry('data/a', 9000, [[0, page()]], {
      content: () => chunked(Buffer.alloc(4097)),
    }),
    'more holes than a volume may claim': sparseEntry('data/a', 2 ** 40 + 1, []),
    'a sparse file outside data/': sparseEntry('a', 9000, []),
    'a link outside data/': linkEntry('a', 'data/f'),
    'a link to nothing': linkEntry('data/a', 'data/b'),
    'a link to itself': linkEntry('data/a', 'data/a'),
    'a link to a directory': linkEntry('data/a', 'data/d'),
    'a link to a link': linkEntry('data/a', 'data/l'),
    'a binary pax value': fileEntry('data/a', '', { pax: { 'SCHILY.xattr.user.a': '\u0080' } }),
    'another pax record': fileEntry('data/a', '', { pax: { path: '/etc/passwd' } }),
    'too many pax records': fileEntry('data/a', '', { pax: { 'SCHILY.xattr.user.a': 'x'.repeat(8192) } }),
    'an owner that is none': fileEntry('data/a', '', { uid: 2 ** 32 - 1 }),
  }
  const before = [fileEntry('data/f', ''), linkEntry('data/l', 'data/f'), directoryEntry('data/d')]
  for (const [what, entry] of Object.entries(cases)) {
    it(`${what}`, async () => {
      await expectCode(volumeOf(directoryDestination(temporaryFolder()), [...before, entry], key), 'internal')
    })
  }
})
