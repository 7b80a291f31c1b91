import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { directoryDestination, extractPackage } from '../src/index.ts'
import { checksum } from '../src/ustar.ts'
import { contentsOf, expectCode, fileEntry, newKey, temporaryFolder, volumeOf } from './helpers.ts'
import { asPosix, hostileVolume, packageOf, refuser, tarWith, zstd } from './hostile.ts'

const data = join(import.meta.dirname, '../../../../shared/data')
const hasData = existsSync(data)
if (!hasData) console.warn('skipped: ../shared/data is not here (foreign tar archives)')

type Key = Awaited<ReturnType<typeof newKey>>
let key: Key
let expectRefused: ReturnType<typeof refuser>
beforeAll(async () => {
  key = await newKey('client')
  expectRefused = refuser(key)
})

describe('a tar of another kind than ours is refused', () => {
  const long = 'x'.repeat(4096)
  const cases: Record<string, Parameters<typeof tarWith>> = {
    'an absolute path': [{ name: '/s/a', body: 'moo\n' }],
    'a path leading out': [{ name: 's/../../moo', body: 'moo\n' }],
    'a path that is ..': [{ name: '..', body: 'moo\n' }],
    'a . segment': [{ name: 's/./moo', body: 'moo\n' }],
    'an empty segment': [{ name: 's//moo', body: 'moo\n' }],
    'a backslash': [{ name: 's/..\\moo', body: 'moo\n' }],
    'a line feed': [{ name: 's/a\nb', body: 'moo\n', pax: {} }],
    'a name that is too long': [{ name: `s/${long}`, body: 'moo\n' }],
    'an oversized pax record': [{ name: 's/a', body: 'moo\n', pax: { comment: 'x'.repeat(100_000) } }],
    'an unknown pax record': [{ name: 's/a', body: 'moo\n', pax: { 'GNU.sparse.realsize': '99' } }],
    'a size in a pax record': [{ name: 's/a', body: 'moo\n', pax: { size: '4' } }],
    'a path twice in a pax record': [{ name: 's/a', body: 'moo\n', pax: { path: 's/b' } }],
    'a time that is none': [{ name: 's/a', body: 'moo\n', pax: { mtime: 'soon' } }],
    'another source': [{ name: 'other/a', body: 'moo\n' }],
    'the folder of the source itself': [{ name: 's/', type: 'directory' }],
    'a symbolic link': [
      { name: 's/a', type: 'symlink', linkname: '/etc' },
      { name: 's/a/moo', body: 'moo\n' },
    ],
    'a hard link': [{ name: 's/a', type: 'link', linkname: '/etc/passwd' }],
    'a device': [{ name: 's/a', type: 'character-device', devmajor: 1, devminor: 3 }],
    'a pipe': [{ name: 's/a', type: 'fifo' }],
    'a file with the name of a directory': [{ name: 's/a/', type: 'file', body: 'moo\n' }],
    'a name twice': [
      { name: 's/a', body: 'moo\n' },
      { name: 's/a', body: '' },
    ],
    'a file that is also a folder': [
      { name: 's/a', body: 'moo\n' },
      { name: 's/a/b', body: '' },
    ],
  }
  for (const [what, entries] of Object.entries(cases)) {
    it(`${what}`, async () => {
      const record = { entries: entries.length, plaintextBytes: 2 ** 20 }
      await expectRefused(zstd(await tarWith(...entries)), record, 'hostile-input')
    })
  }

  it('accepts the same form without the fault', async () => {
    const destination = directoryDestination(temporaryFolder())
    const tar = await tarWith({ name: 's/a', body: 'moo\n', pax: { mtime: '1.5' } })
    const record = await hostileVolume(destination, key, zstd(tar))
    expect(await contentsOf(destination, record, key)).toMatchObject([
      { path: 'a', modified: 1_500_000_000n },
    ])
  })

  it('no end, half an end, data after the end, a cut entry', async () => {
    const tar = await tarWith({ name: 's/a', body: 'moo\n' })
    const faulty = [
      tar.subarray(0, -1024),
      tar.subarray(0, -512),
      tar.subarray(0, -1),
      tar.subarray(0, 700),
      Buffer.concat([tar, tar]),
      Buffer.concat([tar, Buffer.alloc(512, 'x')]),
      Buffer.alloc(0),
      Buffer.from('no tar at all'.repeat(100)),
    ]
    for (const bytes of faulty) await expectRefused(zstd(bytes), {}, 'hostile-input')
  })

  it('a pax record without its entry', async () => {
    const tar = await tarWith({ name: 's/a', body: 'moo\n', pax: { mtime: '1.5' } })
    const record = tar.subarray(0, 1024)
    for (const rest of [Buffer.alloc(1024), Buffer.alloc(512), record])
      await expectRefused(zstd(Buffer.concat([record, rest])), {}, 'hostile-input')
  })

  it('a header whose checksum, size or magic is wrong', async () => {
    const tar = await tarWith({ name: 's/a', body: 'moo\n' })
    for (const at of [0, 100, 124, 130, 136, 148, 156, 257, 263, 345]) {
      const bytes = Buffer.from(tar)
      bytes[at] = 0xff
      await expectRefused(zstd(bytes), {}, 'hostile-input')
    }
  })
})

describe('a number that makes no sense under a right checksum is refused', () => {
  it.each([100, 108, 116, 124, 136])('at %i', async (at) => {
    const tar = await tarWith({ name: 's/a', body: 'moo\n' })
    tar.write('zzzzzz', at, 'latin1')
    tar.write(`${checksum(tar).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    await expectRefused(zstd(tar), {}, 'hostile-input')
  })
})

describe('a zstd stream of another kind than ours is refused', () => {
  it('garbage after its end, a second frame, a cut, a flip', async () => {
    const good = zstd(await tarWith({ name: 's/a', body: 'moo\n' }))
    const flipped = Buffer.from(good)
    flipped[flipped.length - 1] = (flipped[flipped.length - 1] ?? 0) ^ 1
    const faulty = [
      Buffer.concat([good, Buffer.from('x')]),
      Buffer.concat([good, good]),
      good.subarray(0, -1),
      flipped,
    ]
    for (const bytes of faulty) await expectRefused(bytes, {}, 'invalid', 'hostile-input')
  })

  it('expansion beyond what the record allows', async () => {
    const bomb = zstdCompressSync(
      Buffer.concat([await tarWith({ name: 's/a', body: 'moo\n' }), Buffer.alloc(64 * 2 ** 20)]),
    )
    await expectRefused(bomb, {}, 'hostile-input')
  })
})

it('a name in two volumes is refused, and what the first one held is not left behind', async () => {
  const parent = temporaryFolder()
  const destination = directoryDestination(join(parent, 'package'))
  const first = await volumeOf(destination, [fileEntry('data/a', 'one')], key)
  const second = await volumeOf(destination, [fileEntry('data/a', 'two')], key, {
    name: 'volumes/000002.tar.zst.pgp',
  })
  const to = join(parent, 'to')
  mkdirSync(to)
  const extraction = { opener: { privateKeys: [key] }, to, signal: new AbortController().signal }
  const bad = packageOf(destination, [first.record, second.record])
  await expectCode(extractPackage({ package: bad, ...extraction }), 'hostile-input')
  expect(readdirSync(to)).toEqual([])
})

describe.skipIf(!hasData)('foreign archives', () => {
  const folder = join(data, 'traversal-archives')
  const names = hasData ? readdirSync(folder).filter((name) => name.endsWith('.tar')) : []
  for (const name of names) {
    it(`${name} writes nothing anywhere`, async () => {
      rmSync(join(tmpdir(), 'moo'), { force: true })
      const tar = readFileSync(join(folder, name))
      for (const source of ['tmp', 's', 'par', '..', '']) {
        const record = { source, entries: 3, plaintextBytes: 10240 }
        await expectRefused(zstd(tar), record, 'hostile-input')
        await expectRefused(zstd(asPosix(tar)), record, 'hostile-input')
      }
      expect(existsSync(join(tmpdir(), 'moo'))).toBe(false)
    })
  }

  const tars = hasData ? readdirSync(join(data, 'tar-go')).filter((name) => name.endsWith('.tar')) : []
  it('of every other kind are refused with a code', async () => {
    expect(tars.length).toBeGreaterThan(40)
    for (const name of tars) {
      const tar = readFileSync(join(data, 'tar-go', name))
      await expectRefused(
        zstd(tar),
        { source: 'small.txt', entries: 20, plaintextBytes: 2 ** 40 },
        'hostile-input',
        'invalid',
      )
    }
  })
})
