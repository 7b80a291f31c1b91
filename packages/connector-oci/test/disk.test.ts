import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ociConnector } from '../src/index.ts'
import { imageShards } from '../src/shards.ts'
import { hostileRegistry, parts } from './hostile-registry.ts'
import { blob, descriptor, image, types } from './images.ts'
import {
  compare,
  type Exported,
  each,
  exportAll,
  readEntry,
  restore,
  run,
  signal,
  spec,
  temporaryFolder,
  writeBag,
} from './support.ts'

const one = image('large', [300_000, 10])
const [, layer = blob('', types.layer)] = one.blobs
const layerId = `blobs/${layer.digest.replace(':', '/')}`
const limits = { bytes: 1_000_000, items: 100, partBytes: 32_768 }

/** Everything of a source, its large blobs cut over shards of at most so many bytes. */
async function exportCut(
  url: string,
  sliceBytes: number,
): Promise<{
  entries: Exported[]
  items: Exported['item'][]
  lost: string[]
  shards: number
  all: Parameters<typeof restore>[0]
}> {
  await using exporter = await ociConnector.freeze(spec(url), signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  const shards = await Array.fromAsync(imageShards(each(items), limits, sliceBytes))
  const entries: Exported[] = []
  const lost: string[] = []
  for (const shard of shards) {
    for await (const read of exporter.read(shard, each(items.slice(shard.first - 1, shard.last)), signal)) {
      if ('lost' in read) lost.push(read.lost)
      else entries.push(await readEntry(read))
    }
  }
  const all = { items, entries, losses: [] }
  return { entries, items: items.map(({ id }) => id), lost, shards: shards.length, all }
}

describe('a layout that names two images alike', () => {
  const other = image('other', [20])
  const name = { annotations: { 'org.opencontainers.image.ref.name': 'latest' } }
  const manifests = [one, other].map(({ manifest }) => descriptor(manifest, name))

  async function layoutIn(folder: string): Promise<string> {
    for (const { digest, bytes } of parts(one, other)) {
      const path = join(folder, 'blobs', digest.replace(':', '/'))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
    }
    writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    return folder
  }

  it('has both: what the second one lacks is lost, too', async () => {
    using folder = temporaryFolder()
    const layout = await layoutIn(folder.path)
    const [, missing = one.manifest] = other.blobs
    rmSync(join(layout, 'blobs', missing.digest.replace(':', '/')))
    const { losses } = await exportAll(spec(`layout:${layout}`))
    expect(losses).toEqual([
      { item: `blobs/${missing.digest.replace(':', '/')}`, lost: 'it cannot be read: ENOENT' },
    ])
  })

  it('is not restored to a registry, where the second would take the name from the first', async () => {
    using folder = temporaryFolder()
    const exported = await exportAll(spec(`layout:${await layoutIn(folder.path)}`))
    await using registry = await hostileRegistry({}, [], ({ method }, response) => {
      if (method === 'GET') return false
      if (method === 'POST') response.writeHead(202, { location: '/v2/a/b/blobs/uploads/1' }).end()
      else response.writeHead(method === 'PATCH' ? 202 : 201, { location: '/v2/a/b/blobs/uploads/1' }).end()
      return true
    })
    await expect(restore(exported, spec(`${registry.origin}/a/b`))).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('expected one image named a/b:latest, got several'),
    })
    expect(registry.asked.filter((line) => line.startsWith('PUT /v2/a/b/manifests'))).toEqual([])
  })
})

describe('a blob too large for one volume', () => {
  it('comes in parts over several shards, each proven by the whole; cat joins them, and restore does', async () => {
    await using registry = await hostileRegistry({ v1: one.manifest }, parts(one))
    const { entries, lost, shards, all } = await exportCut(`${registry.origin}/a/b`, 100_000)
    expect(lost).toEqual([])
    const own = entries.filter(({ item }) => item === layerId)
    expect(own.map(({ part }) => part)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(shards).toBeGreaterThanOrEqual(4)
    using folder = temporaryFolder()
    const target = spec(`layout:${join(folder.path, 'restored')}`)
    await restore(all, target)
    expect(await compare(target, all)).toEqual([])
    const layout = writeBag(all, join(folder.path, 'bag'))
    const readme = readFileSync(join(layout, '../README.md'), 'utf8')
    const command = /^ {4}(for folder in .*)$/m.exec(readme)?.[1] ?? ''
    run('sh', '-c', `cd ${layout}/blobs/sha256 && ${command}`)
    const joined = readFileSync(join(layout, layerId))
    expect(`sha256:${createHash('sha256').update(joined).digest('hex')}`).toBe(layer.digest)
  })

  it('that is not what it should be in its last byte is lost in every shard', async () => {
    const wrong = Buffer.from(layer.bytes)
    wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
    await using registry = await hostileRegistry({ v1: one.manifest }, [
      ...parts(one),
      { ...layer, bytes: wrong },
    ])
    // The last of two with one digest is the one that is served.
    const { lost } = await exportCut(`${registry.origin}/a/b`, 100_000)
    expect(lost.length).toBeGreaterThanOrEqual(3)
    expect(new Set(lost)).toEqual(new Set(['its bytes do not have its digest']))
  })
})

describe('a layout on disk', () => {
  it('with links, pipes and strangers in it gives what is content, and says what is not', async () => {
    using folder = temporaryFolder()
    const file = (name: string, bytes: Buffer | string): void => {
      mkdirSync(dirname(join(folder.path, name)), { recursive: true })
      writeFileSync(join(folder.path, name), bytes)
    }
    for (const { digest, bytes } of parts(one)) file(`blobs/${digest.replace(':', '/')}`, bytes)
    const { digest, bytes } = one.manifest
    file(
      'index.json',
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ mediaType: types.manifest, digest, size: bytes.length }],
      }),
    )
    file('oci-layout', '{"imageLayoutVersion": "1.0.0"}')
    file('notes.txt', 'not an image')
    const orphan = blob('nothing refers to this', types.layer)
    file(`blobs/${orphan.digest.replace(':', '/')}`, orphan.bytes)
    rmSync(join(folder.path, layerId))
    run('mkfifo', join(folder.path, layerId))
    const [, , small = layer] = one.blobs
    const smallPath = join(folder.path, 'blobs', small.digest.replace(':', '/'))
    rmSync(smallPath)
    run('ln', '-s', '/etc/hostname', smallPath)
    await using exporter = await ociConnector.freeze(spec(`layout:${folder.path}`), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(items.find(({ id }) => id === 'other/notes.txt')?.lost).toBe(
      'a file that is no part of an image layout',
    )
    expect(items.map(({ id }) => id)).toContain(`blobs/${orphan.digest.replace(':', '/')}`)
    const shard = { id: '000001', first: 1, last: items.length, bytes: 0, slice: { partBytes: 1 << 30 } }
    const read = await Array.fromAsync(exporter.read(shard, each(items), signal))
    expect(read.flatMap((one) => ('lost' in one ? [one.lost] : [])).toSorted()).toEqual([
      'it cannot be read: ELOOP',
      'not a file',
    ])
  })

  it.each(['layout', 'archive'])('is seen, destroyed and seen to be gone, as %s', async (kind) => {
    using folder = temporaryFolder()
    const path = join(folder.path, kind)
    if (kind === 'layout') mkdirSync(join(path, 'blobs/sha256'), { recursive: true })
    else writeFileSync(path, 'x')
    const source = spec(`${kind}:${path}`)
    await using prober = await ociConnector.prober(source, signal)
    await using destroyer = await ociConnector.destroyer(source, signal)
    expect(await prober.look(signal)).toMatchObject({ state: 'present', fingerprint: destroyer.fingerprint })
    expect((await Array.fromAsync(destroyer.destroy(signal))).length).toBe(1)
    expect((await prober.look(signal)).state).toBe('absent')
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([])
    run('ln', '-s', kind, `${path}-link`)
    await using behindLink = await ociConnector.prober(spec(`${kind}:${path}-link`), signal)
    expect((await behindLink.look(signal)).state).toBe('absent')
  })

  it('whose content lies in a folder that others share is not called destroyed when a link to it went', async () => {
    using folder = temporaryFolder()
    const [layout, shared] = ['layout', 'shared'].map((name) => join(folder.path, name)) as [string, string]
    for (const { digest, bytes } of parts(one)) {
      const path = join(shared, digest.replace(':', '/'))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
    }
    const manifests = [descriptor(one.manifest)]
    mkdirSync(layout)
    writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    run('ln', '-s', '../shared', join(layout, 'blobs'))
    const source = spec(`layout:${layout}`)
    await using destroyer = await ociConnector.destroyer(source, signal)
    expect(destroyer.method.limits.join()).toContain('hard link')
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining(`${join(layout, 'blobs')} is a link to a folder elsewhere`),
    })
    await using prober = await ociConnector.prober(source, signal)
    expect((await prober.look(signal)).state).toBe('present')
  })

  it('that was replaced is not destroyed', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'images.tar')
    writeFileSync(path, 'one')
    await using destroyer = await ociConnector.destroyer(spec(`archive:${path}`), signal)
    run('mv', path, `${path}.old`)
    writeFileSync(path, 'another')
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({ code: 'destroy-failed' })
    expect(readFileSync(path, 'utf8')).toBe('another')
  })
})
