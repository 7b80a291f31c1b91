import { afterAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../../test/services/registry.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { ociConnector } from '../src/index.ts'
import { hostileRegistry, parts } from './hostile-registry.ts'
import { factsOf, image, pushImage, pushManifest } from './images.ts'
import { signal, spec } from './support.ts'

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
