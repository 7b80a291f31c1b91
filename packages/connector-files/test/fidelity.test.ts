import { execFileSync } from 'node:child_process'
import { link, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Difference,
  type Entry,
  type KnownItem,
  knownItem,
  mostPaxBytes,
  type RestoredEntry,
  systemCalls,
} from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { aclText } from '../src/acl.ts'
import { changedFact } from '../src/facts.ts'
import { filesConnector } from '../src/index.ts'
import { paxOf } from '../src/pax.ts'
import { calm, freeze, inventory, streamOf } from './support/export.ts'
import { asOrdinaryUser } from './support/ordinary-user.ts'
import { tempFolder } from './support/places.ts'

const isRoot = process.getuid?.() === 0
const kibibyte = 1024

function setXattr(path: string, name: string, value: Buffer): void {
  systemCalls()?.setXattr(Buffer.from(path), Buffer.from(name), value)
}

async function entriesOf(root: string, partBytes: number): Promise<Entry[]> {
  await using exporter = await freeze(root)
  const items = await Array.fromAsync(exporter.inventory(calm))
  const limits = { bytes: 2 ** 30, items: 100, partBytes }
  const entries: Entry[] = []
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    const own = items.slice(shard.first - 1, shard.last)
    for await (const read of exporter.read(shard, streamOf(own), calm))
      if (!('lost' in read)) entries.push(read)
  }
  return entries
}

describe('a sparse file', () => {
  it('comes as its data, counted from the beginning of each part; a part that is all hole as none', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'disk')
    await writeFile(path, Buffer.alloc(4 * kibibyte, 'a'))
    await truncate(path, 8 * 64 * kibibyte)
    await writeFile(path, Buffer.alloc(kibibyte, 'b'), { flag: 'a' })
    const entries = await entriesOf(folder.path, 256 * kibibyte)
    const parts = entries.filter(({ part }) => part !== undefined)
    expect(parts.map(({ size, extents }) => ({ size, extents }))).toEqual([
      { size: 256 * kibibyte, extents: [{ offset: 0, length: 4 * kibibyte }] },
      { size: 256 * kibibyte, extents: [] },
      { size: kibibyte, extents: undefined },
    ])
  })

  it('that was filled in the copy is a difference; in the source it is none', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'disk')
    await writeFile(path, '')
    await truncate(path, 1024 * kibibyte)
    const sparse = (await inventory(folder.path)).map((item) => knownItem(item, []))
    const before = execFileSync('stat', ['-c', '%.9Y', path]).toString().trim()
    execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=64k', 'count=16', 'conv=notrunc', 'status=none'])
    execFileSync('touch', ['-d', `@${before}`, path])
    const zeros = '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58'
    const known = sparse.map((item) => (item.kind === 'file' ? { ...item, digest: zeros } : item))
    const spec = { name: 'tree', url: `files:${folder.path}` }
    const compared = await Array.fromAsync(filesConnector.compare(spec, streamOf(known), calm))
    expect(compared).toEqual([
      { item: 'disk', change: 'changed', detail: 'holes: expected 0 bytes allocated, got 1048576' },
    ])
    await using watcher = await filesConnector.watch(spec, calm)
    expect(await Array.fromAsync(watcher.differences(streamOf(known), calm))).toEqual([])
  })
})

describe('names of one file', () => {
  const differences = async (root: string, known: readonly KnownItem[]): Promise<Difference[]> =>
    Array.fromAsync(filesConnector.compare({ name: 'tree', url: `files:${root}` }, streamOf(known), calm))

  it('do not differ because another name was left out of what is known', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'a'), '')
    for (const name of ['b', 'c', 'd']) await link(join(folder.path, 'a'), join(folder.path, name))
    const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    const [top, , b, , d] = (await inventory(folder.path)).map((item) => ({ ...item, digest }))
    const { leader: _, ...first } = b as KnownItem
    const known = [top, first, { ...d, leader: 'b' }] as KnownItem[]
    expect(await differences(folder.path, known)).toEqual([
      { item: 'a', change: 'new' },
      { item: 'c', change: 'new' },
    ])
  })

  it('that are content of their own in a newer package become one file again', async () => {
    await using folder = await tempFolder()
    const target = join(folder.path, 'back')
    await using restorer = await filesConnector.restore({ name: 'tree', url: `files:${target}` }, calm)
    const file = (item: string): RestoredEntry => ({
      ...{ path: `data/${item}`, item, type: 'file', size: 4, mode: 0o644, modified: 0n },
      content: () => streamOf([Buffer.from('same')]),
    })
    const known = (id: string): KnownItem => ({
      ...{ id, kind: 'file', bytes: 4, mark: '' },
      attributes: { mode: 0o644, mtime: '1' },
    })
    await restorer.accept(file('a'), calm)
    await restorer.accept(file('b'), calm)
    await restorer.finish(streamOf([known('a'), { ...known('b'), leader: 'a' }]), calm)
    const links = execFileSync('stat', ['-c', '%h', join(target, 'a'), join(target, 'b')]).toString()
    expect(links).toBe('2\n2\n')
  })
})

describe('attributes that only root may set', () => {
  const file = (xattrs: Record<string, string>): KnownItem => ({
    ...{ id: 'file', kind: 'file', bytes: 0, mark: '' },
    attributes: { mode: 0o644, mtime: '1', xattrs },
  })
  const there = file({ 'security.selinux': 'eA==', 'trusted.x': 'eA==', 'user.text': 'eA==' })

  it('count as owners do: not where an ordinary user has restored a tree', () => {
    for (const now of [
      file({ 'user.text': 'eA==' }),
      file({ 'security.selinux': 'eQ==', 'user.text': 'eA==' }),
    ]) {
      expect(changedFact(there, now, { owners: true, holes: true })).toMatch('security.selinux')
      expect(changedFact(there, now, { owners: false, holes: true })).toBeUndefined()
    }
    expect(changedFact(there, file({}), { owners: false, holes: true })).toMatch('user.text')
  })
})

describe('an access control list on XFS', () => {
  it('is no difference for being there twice, as root is shown it', () => {
    const file = (xattrs: Record<string, string>): KnownItem => ({
      ...{ id: 'file', kind: 'file', bytes: 0, mark: '' },
      attributes: { mode: 0o644, mtime: '1', xattrs },
    })
    const [plain, onXfs] = [{ 'system.posix_acl_access': 'eA==' }, { 'trusted.SGI_ACL_FILE': 'eQ==' }]
    const how = { owners: true, holes: true }
    expect(changedFact(file(plain), file({ ...plain, ...onXfs }), how)).toBeUndefined()
    expect(changedFact(file({ ...plain, ...onXfs }), file(plain), how)).toBeUndefined()
  })

  it.runIf(process.getuid?.() === 0)('is inventoried once', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'file')
    await writeFile(path, '')
    setXattr(path, 'trusted.SGI_ACL_FILE', Buffer.from([1]))
    setXattr(path, 'trusted.other', Buffer.from([1]))
    const [, file] = await inventory(folder.path)
    expect(file?.attributes?.['xattrs']).toEqual({ 'trusted.other': 'AQ==' })
  })
})

describe('what tar carries of attributes', () => {
  it('is text as far as there is room; the rest is in the tree file', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'file')
    await writeFile(path, '')
    setXattr(path, 'user.text', Buffer.from('plain'))
    setXattr(path, 'user.binary', Buffer.from([0]))
    setXattr(path, 'user.a=b', Buffer.from('unwritable name'))
    setXattr(path, 'user.empty', Buffer.alloc(0))
    for (let i = 0; i < 3; i++) setXattr(path, `user.long-${i}`, Buffer.alloc(1000, 'x'))
    const [, file] = await inventory(folder.path)
    const keys = Object.keys((file && paxOf(file)) ?? {})
    expect(keys).toEqual(
      ['user.long-0', 'user.long-1', 'user.long-2', 'user.text'].map((k) => `SCHILY.xattr.${k}`),
    )
    const long = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`user.${i}`, Buffer.alloc(1000, 'x').toString('base64')]),
    )
    const pax = paxOf({ ...(file as KnownItem), attributes: { xattrs: long } }) ?? {}
    const bytes = Object.entries(pax).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
    expect(bytes).toBeGreaterThan(mostPaxBytes / 2)
    expect(bytes).toBeLessThanOrEqual(mostPaxBytes)
  })

  it('has ACLs as text', () => {
    const acl =
      '02000000010006 00ffffffff 02000600d2040000 04000400ffffffff 10000600ffffffff 20000400ffffffff'
    const value = Buffer.from(acl.replaceAll(' ', ''), 'hex')
    expect(aclText(value)).toBe('user::rw-,user:1234:rw-,group::r--,mask::rw-,other::r--')
    expect(aclText(value.subarray(1))).toBeUndefined()
    expect(aclText(Buffer.from('something else!!'))).toBeUndefined()
  })
})

describe('what this process may not see or make', () => {
  it.runIf(isRoot)('a device that only root can make is missing, and the comparison says so', async () => {
    await using folder = await tempFolder()
    const root = join(folder.path, 'tree')
    await mkdir(root)
    const expression = `await (async () => {
      const target = { name: 'tree', url: 'files:' + ${JSON.stringify(folder.path)} + '/back/tree' }
      const known = [
        { id: './', kind: 'directory', bytes: 0, mark: '', attributes: { mode: 0o755, mtime: '1' } },
        { id: 'null', kind: 'character-device', bytes: 0, mark: '', attributes: { mode: 0o666, mtime: '1', major: 1, minor: 3 } },
      ]
      const stream = async function* () { yield* known }
      await using restorer = await filesConnector.restore(target, signal)
      await restorer.finish(stream(), signal)
      return Array.fromAsync(filesConnector.compare(target, stream(), signal))
    })()`
    await mkdir(join(folder.path, 'back'))
    execFileSync('chmod', ['0777', join(folder.path, 'back')])
    execFileSync('chmod', ['0755', folder.path])
    const found = asOrdinaryUser<Difference[]>(expression, root)
    expect(found).toEqual([{ item: 'null', change: 'removed' }])
    await rm(join(folder.path, 'back'), { recursive: true })
  })
})
