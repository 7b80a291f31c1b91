import { beforeAll, describe, expect, it } from 'vitest'
import { directoryDestination } from '../src/index.ts'
import { contentsOf, expectCode, newKey, temporaryFolder } from './helpers.ts'
import { hostileVolume, refuser, tarWith, zstd } from './hostile.ts'

type Key = Awaited<ReturnType<typeof newKey>>
type Entries = Parameters<typeof tarWith>
let key: Key
let expectRefused: ReturnType<typeof refuser>
beforeAll(async () => {
  key = await newKey('client')
  expectRefused = refuser(key)
})

const file = { name: 's/data/f', body: 'moo\n' }
const link = (linkname: string, more = {}): Entries[0] => ({
  name: 's/data/l',
  type: 'link',
  linkname,
  ...more,
})

/** A file of 2000 bytes with 512 of data, unless told otherwise. `map`: the lines of its map. */
function sparse(o: {
  map?: readonly number[]
  text?: string
  data?: number
  pax?: object
  name?: string
}): Entries[0] {
  const { map = [2, 512, 512, 2000, 0], data = 512, name = 's/data/a' } = o
  const text = o.text ?? map.map((number) => `${number}\n`).join('')
  const padded = Buffer.alloc(Math.ceil(text.length / 512) * 512)
  padded.write(text)
  const slash = name.lastIndexOf('/')
  return {
    name: `${name.slice(0, slash)}/GNUSparseFile.0/${name.slice(slash + 1)}`,
    body: Buffer.concat([padded, Buffer.alloc(data, 'x')]),
    pax: {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': name,
      'GNU.sparse.realsize': '2000',
      ...o.pax,
    },
  }
}

const huge = 2 ** 53 - 1
const many = 2 ** 17 + 2

const refused: Record<string, Entries> = {
  'a hard link to outside': [file, link('/etc/passwd')],
  'a hard link that leads out': [file, link('s/data/../../f')],
  'a hard link to another source': [file, link('other/data/f')],
  'a hard link to a later entry': [link('s/data/f'), file],
  'a hard link to itself': [file, link('s/data/l')],
  'a hard link to nothing': [file, link('s/data/none')],
  'a hard link to a directory': [{ name: 's/data/d/', type: 'directory' }, link('s/data/d')],
  'a hard link to a hard link': [file, link('s/data/f'), link('s/data/l', { name: 's/data/m' })],
  'a hard link in the place of its file': [file, link('s/data/f', { name: 's/data/f' })],
  'a hard link outside data/': [file, link('s/data/f', { name: 's/manifest-sha256.txt' })],
  'a hard link to a tag file': [{ name: 's/tag', body: 'moo\n' }, link('s/tag')],
  'a hard link with two targets': [file, link('s/data/f', { pax: { linkpath: '/etc/passwd' } })],
  'a file with the target of a link': [{ ...file, linkname: 's/data/x' }],
  'a file with the target of a link in its pax record': [{ ...file, pax: { linkpath: 's/data/x' } }],
  'an owner that is none': [{ ...file, pax: { uid: '-1' } }],
  'an owner that means nobody': [{ ...file, pax: { gid: '4294967295' } }],
  'stretches that overlap': [sparse({ map: [3, 0, 512, 256, 512, 2000, 0], data: 1024 })],
  'stretches that go back': [sparse({ map: [3, 1024, 512, 0, 512, 2000, 0], data: 1024 })],
  'a stretch beyond the end': [sparse({ map: [1, 1999, 512] })],
  'stretches that do not reach the end': [sparse({ map: [1, 512, 512] })],
  'an empty stretch in the middle': [sparse({ map: [3, 10, 0, 512, 512, 2000, 0] })],
  'a stretch of half a block': [sparse({ map: [3, 0, 100, 1024, 412, 2000, 0] })],
  'more data than stretches': [sparse({ data: 1024 })],
  'less data than stretches': [sparse({ data: 100 })],
  'no stretches at all': [sparse({ map: [0] })],
  'fewer stretches than said': [sparse({ map: [3, 512, 512, 2000, 0] })],
  'more stretches than said': [sparse({ map: [1, 512, 512, 2000, 0] })],
  'a map that is none': [sparse({ text: 'hello\n' })],
  'a map without end': [sparse({ text: '1'.repeat(5000) })],
  'a number with a sign': [sparse({ text: '2\n-512\n512\n2000\n0\n' })],
  'a number in another notation': [sparse({ text: '2\n0x200\n512\n2000\n0\n' })],
  'a number too large': [sparse({ text: '2\n512\n512\n9999999999999999\n0\n' })],
  'a map of no bytes': [sparse({ text: '', data: 0 })],
  'millions of stretches': [sparse({ text: '5000000\n'.padEnd(4096, '0\n') })],
  'more stretches than we write': [
    sparse({ text: `${many}\n${Array.from({ length: many }, (_, i) => `${i}\n0\n`).join('')}`, data: 0 }),
  ],
  'a size of 2^62': [
    sparse({ map: [1, huge, 0], data: 0, pax: { 'GNU.sparse.realsize': String(2n ** 62n) } }),
  ],
  'a size of 2^53': [sparse({ map: [1, huge, 0], data: 0, pax: { 'GNU.sparse.realsize': String(huge) } })],
  'a size that is none': [sparse({ pax: { 'GNU.sparse.realsize': '2e3' } })],
  'another version': [sparse({ pax: { 'GNU.sparse.minor': '1' } })],
  'an older form': [{ ...file, pax: { 'GNU.sparse.map': '0,4', 'GNU.sparse.size': '4' } }],
  'half of the form': [{ ...file, pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' } }],
  'another placeholder': [{ ...sparse({}), name: 's/data/b' }],
  'a sparse name leading out': [sparse({ name: 's/data/../../a' })],
  'a sparse file outside data/': [sparse({ name: 's/manifest-sha256.txt' })],
  'a sparse directory': [{ ...sparse({}), name: 's/data/GNUSparseFile.0/a/', type: 'directory' }],
}

describe('links and sparse files of another kind than ours are refused', () => {
  for (const [what, entries] of Object.entries(refused)) {
    it(`${what}`, async () => {
      const record = { entries: entries.length, plaintextBytes: huge }
      await expectRefused(zstd(await tarWith(...entries)), record, 'hostile-input')
    })
  }

  it('and the same form is accepted without the fault', async () => {
    const destination = directoryDestination(temporaryFolder())
    const tar = await tarWith(file, link('s/data/f'), sparse({}))
    const record = await hostileVolume(destination, key, zstd(tar), { entries: 3, plaintextBytes: 2004 })
    const found = await contentsOf(destination, record, key)
    expect(found.map(({ path, type, size, bytes }) => [path, type, size, bytes.length])).toEqual([
      ['data/f', 'file', 4, 4],
      ['data/l', 'link', 4, 0],
      ['data/a', 'file', 2000, 512],
    ])
    for (const plaintextBytes of [2003, 2005, 2008]) {
      await expectCode(contentsOf(destination, { ...record, plaintextBytes }, key), 'invalid')
    }
  })
})
