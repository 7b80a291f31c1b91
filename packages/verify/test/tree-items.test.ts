import { type IndexItem, type IndexLine, type ItemState, sha256Hex } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { type Mischief, makePackage } from './support/package.ts'
import { newWorld } from './support/world.ts'

/*
 * Lines of a file tree from which a restoration makes nothing, or something else than the entries hold. Every digest fits, the
 * totals too, and the right person signed.
 */

const world = newWorld()
const owner = { uid: 0, gid: 0, mtime: '0' }
const mode = 0o644
const device = { kind: 'block-device' }

/** The lines with one item changed, under another id, too. */
const changed =
  (id: string, { item = id, ...change }: Partial<IndexItem>) =>
  (lines: IndexLine[]): IndexLine[] =>
    lines.map((line) => {
      if (line.item !== id) return line
      return 'entry' in line ? { ...line, item } : { ...line, item, ...change }
    })
const withoutLeader = (lines: IndexLine[]): IndexLine[] =>
  lines.map((line) => {
    if ('entry' in line || line.item !== 'also-a.txt') return line
    const { leader: _, ...rest } = line
    return rest
  })
/** A further name of the first file, as it was in the package before. */
const unchanged = (change: Partial<IndexItem>): ((lines: IndexLine[]) => IndexLine[]) =>
  changed('link', {
    ...{ state: 'unchanged', kind: 'file', bytes: 5, digest: sha256Hex('alpha'), leader: 'a.txt' },
    ...{ attributes: { ...owner, mode }, ...change },
  })

function mischief(change: (lines: IndexLine[]) => IndexLine[]): Mischief {
  let items: IndexItem[] = []
  const tally = (...states: readonly ItemState[]): { items: number; bytes: number } => {
    const own = items.filter(({ state }) => states.includes(state))
    return { items: own.length, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0) }
  }
  const totals = () => ({
    inventoried: tally('exported', 'unchanged', 'lost'),
    ...{ exported: tally('exported'), unchanged: tally('unchanged') },
  })
  return {
    lines: (lines) => {
      const all = change(lines)
      items = all.filter((line): line is IndexItem => !('entry' in line))
      return all
    },
    manifest: (m) => ({
      ...{ ...m, base: { package: 'R1-0000', manifestSha256: '0'.repeat(64) } },
      sources: m.sources.map((one) => ({ ...one, totals: { ...one.totals, ...totals() } })),
    }),
  }
}

async function found(change: (lines: IndexLine[]) => IndexLine[]): Promise<string[]> {
  const folder = world.fresh()
  await makePackage(folder, world.host, world.client, mischief(change))
  const { findings } = await world.full(folder)
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message)
}

it('takes the last owner that there can be, and every bit of a mode', async () => {
  const last = 2 ** 32 - 2
  const attributes = { uid: last, gid: last, mode: 0o7777, mtime: '0' }
  expect(await found(changed('big', { attributes }))).toEqual([])
})

it('takes extended attributes in base64, an empty one, too, and a device by its numbers', async () => {
  const xattrs = { 'user.a': 'YQ==', 'user.none': '' }
  const attributes = { ...owner, mode, xattrs, rawXattrs: { '6Q==': 'AP8=' } }
  expect(await found(changed('big', { attributes }))).toEqual([])
  const numbers = { ...owner, mode, major: 4095, minor: 0 }
  expect(await found(changed('link', { ...device, attributes: numbers }))).toEqual([])
})

it('takes a further name of a file that is in this package, beside another one that is not', async () => {
  expect(await found((lines) => lines)).toEqual([])
  expect(await found(unchanged({}))).toEqual([])
})

const noFile = 'its leader is no such file before it'
const noPath = 'its id is no path of its kind in the tree'
const noKind = 'nothing can be made of its kind'
const noForm = 'owner, mode or time are not in the expected form'
const otherTarget = 'its digest is not that of its target'

it.each([
  [
    'a link to another place',
    otherTarget,
    changed('link', { attributes: { ...owner, target: 'elsewhere' } }),
  ],
  ['a link to nowhere', otherTarget, changed('link', { attributes: owner })],
  ['a leader that is not there', noFile, changed('also-a.txt', { leader: 'nowhere' })],
  ['a leader that is lost', noFile, changed('also-a.txt', { leader: 'torn' })],
  ['a leader that comes later', noFile, changed('a.txt', { leader: 'also-a.txt' })],
  ['a leader of another content', noFile, unchanged({ digest: '0'.repeat(64) })],
  ['a leader of another size', noFile, unchanged({ bytes: 6 })],
  [
    'a leader of another kind',
    noFile,
    unchanged({ kind: 'symlink', attributes: { ...owner, target: 'alpha' } }),
  ],
  ['a further name without leader', 'its entry is a link, and it has no leader', withoutLeader],
  ['another place', 'its entry does not lie where its id says', changed('big', { item: 'bog' })],
  [
    'an id that leads upwards',
    noPath,
    changed('big', { item: 'b/../../big', attributes: { ...owner, mode, safePath: 'big' } }),
  ],
  ['a file with the id of a folder', noPath, changed('big', { item: 'big/' })],
  [
    'a folder with content',
    'has content although it is a directory',
    changed('big', { item: 'big/', kind: 'directory' }),
  ],
  [
    'a link with content',
    'has content although it is a symlink',
    changed('big', {
      ...{ kind: 'symlink', digest: sha256Hex('x'), attributes: { ...owner, target: 'x' } },
    }),
  ],
  ['a kind that no tree has', noKind, changed('link', { kind: 'door', attributes: { ...owner, mode } })],
  ['a kind that nobody knew', noKind, changed('big', { kind: 'unknown' })],
  ['a time that is none', noForm, changed('big', { attributes: { ...owner, mode, mtime: 'noon' } })],
  ['no mode', noForm, changed('big', { attributes: owner })],
  [
    'the owner that stays as it is',
    noForm,
    changed('big', { attributes: { ...owner, uid: 2 ** 32 - 1, mode } }),
  ],
  [
    'a group beyond all groups',
    noForm,
    changed('link', { attributes: { ...owner, gid: 2 ** 32, target: 'big' } }),
  ],
  ['an owner below all', noForm, changed('big', { attributes: { ...owner, uid: -1, mode } })],
  ['a mode with more than permissions', noForm, changed('big', { attributes: { ...owner, mode: 0o104755 } })],
  ['a mode below all', noForm, changed('big', { attributes: { ...owner, mode: -1 } })],
  [
    'an attribute that is no base64',
    noForm,
    changed('big', { attributes: { ...owner, mode, xattrs: { 'user.a': '***' } } }),
  ],
  [
    'an attribute that is a number',
    noForm,
    changed('big', { attributes: { ...owner, mode, rawXattrs: { '6Q==': 5 } } }),
  ],
  ['a list of attributes', noForm, changed('big', { attributes: { ...owner, mode, xattrs: ['YQ=='] } })],
  [
    'a device without its number',
    noForm,
    changed('link', { ...device, attributes: { ...owner, mode, major: 1 } }),
  ],
  ['an owner in letters', noForm, changed('link', { attributes: { ...owner, uid: 'root', target: 'big' } })],
])('finds an item of a tree with %s', async (_what, message, change) => {
  expect(new Set(await found(change))).toEqual(new Set([message]))
})
