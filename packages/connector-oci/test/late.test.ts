import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../../test/services/registry.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { ociConnector } from '../src/index.ts'
import { hostileRegistry, parts } from './hostile-registry.ts'
import { factsOf, image, pushImage, pushManifest } from './images.ts'
import { signal, spec, temporaryFolder } from './support.ts'

const present = havePrograms('docker-registry')
const server = present ? await startRegistry() : undefined
afterAll(() => server?.[Symbol.asyncDispose]())
const { origin = '' } = server ?? {}

const [delivered, late] = [image('delivered', [100]), image('delivered by nobody', [100])]
const refusal = { code: 'destroy-failed', message: expect.stringContaining('something was pushed') }

describe.runIf(present)('what is pushed after a destruction was begun', () => {
  it.each<[string, string, (repository: string) => Promise<void>]>([
    ['an image', 'image', (repository) => pushImage(origin, repository, late, 'v3')],
    [
      'an image under a name that was there',
      'moved',
      (repository) => pushImage(origin, repository, late, 'v1'),
    ],
    ['a name', 'name', (repository) => pushManifest(origin, repository, delivered.manifest, 'v3')],
    ['a repository', 'repository', (repository) => pushImage(origin, `${repository}/more`, late, 'v1')],
  ])('%s stays, with all that is there, for it may be in no package', async (_, name, push) => {
    const repository = `late/${name}/app`
    await pushImage(origin, repository, delivered, 'v1')
    await pushManifest(origin, repository, delivered.manifest, 'v2')
    const source = spec(`${origin}/late/${name}/`)
    {
      await using destroyer = await ociConnector.destroyer(source, signal)
      await push(repository)
      const before = await factsOf(origin, repository)
      await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
        ...refusal,
        details: { untouched: true },
      })
      expect(await factsOf(origin, repository)).toBe(before)
    }
    await using again = await ociConnector.destroyer(source, signal)
    expect(await Array.fromAsync(again.destroy(signal))).not.toEqual([])
  })

  it('does not keep from destroying what is left where something was taken away', async () => {
    await pushImage(origin, 'less/app', delivered, 'v1')
    await pushImage(origin, 'less/app', late, 'v2')
    await using destroyer = await ociConnector.destroyer(spec(`${origin}/less/app`), signal)
    await server?.removeTag('less/app', 'v2')
    expect(await Array.fromAsync(destroyer.destroy(signal))).not.toEqual([])
  })
})

it('a tag that comes while manifests are deleted stays', async () => {
  const deleted: string[] = []
  await using registry = await hostileRegistry(
    { v1: delivered.manifest },
    parts(delivered),
    ({ method, url = '' }, response) => {
      const isLate = deleted.length > 0
      if (method === 'DELETE') deleted.push(url)
      if (method === 'DELETE') response.writeHead(202).end()
      else if (isLate && url.includes('/tags/')) response.end('{"tags":["v1","v2"]}')
      else if (isLate && url.endsWith('/v2'))
        response.writeHead(200, { 'docker-content-digest': late.manifest.digest }).end()
      else if (isLate) response.writeHead(404).end()
      else return false
      return true
    },
  )
  await using destroyer = await ociConnector.destroyer(spec(`${registry.origin}/a/b`), signal)
  await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject(refusal)
  expect(deleted.filter((url) => url.endsWith('/v2'))).toEqual([])
})

describe('a layout or archive that is written to after a destruction was begun', () => {
  const layoutIn = (folder: string): string => {
    mkdirSync(join(folder, 'layout/blobs/sha256'), { recursive: true })
    writeFileSync(join(folder, 'layout/index.json'), '{}')
    return join(folder, 'layout')
  }

  it.each<[string, (layout: string) => void]>([
    ['a file comes', (layout) => writeFileSync(join(layout, 'blobs/sha256/new'), '')],
    ['its index is another one', (layout) => writeFileSync(join(layout, 'index.json'), '{"manifests":[]}')],
    [
      'its index is another one of the same length and time',
      (layout) => {
        const file = join(layout, 'index.json')
        const { atime, mtime } = statSync(file)
        writeFileSync(file, '[]')
        utimesSync(file, atime, mtime)
      },
    ],
  ])('stays, with all that is there: %s', async (_, write) => {
    using folder = temporaryFolder()
    const layout = layoutIn(folder.path)
    await using destroyer = await ociConnector.destroyer(spec(`layout:${layout}`), signal)
    write(layout)
    const before = readdirSync(layout, { recursive: true })
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      details: { untouched: true },
    })
    expect(readdirSync(layout, { recursive: true })).toEqual(before)
  })

  it('stays, as an archive does', async () => {
    using folder = temporaryFolder()
    const archive = join(folder.path, 'images.tar')
    writeFileSync(archive, 'content')
    await using destroyer = await ociConnector.destroyer(spec(`archive:${archive}`), signal)
    appendFileSync(archive, 'more')
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({ code: 'destroy-failed' })
    expect(existsSync(archive)).toBe(true)
  })
})
