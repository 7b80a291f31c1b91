import { afterAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../../test/services/registry.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { ociConnector } from '../src/index.ts'
import { hostileRegistry, parts, type Trick } from './hostile-registry.ts'
import {
  blob,
  descriptor,
  image,
  indexOf,
  jsonBlob,
  pushBlob,
  pushImage,
  pushManifest,
  types,
} from './images.ts'
import { compare, each, exportAll, restore, run, signal, spec, temporaryFolder, writeBag } from './support.ts'

const present = havePrograms('docker-registry', 'skopeo')
const server = present ? await startRegistry() : undefined
afterAll(() => server?.[Symbol.asyncDispose]())
const { origin = '' } = server ?? {}

const shared = image('shared', [70_000])
const own = image('own', [900])

async function destroy(url: string, secret?: string): Promise<string[]> {
  await using destroyer = await ociConnector.destroyer(spec(url, secret), signal)
  const steps = await Array.fromAsync(destroyer.destroy(signal))
  return steps.map(({ action, count }) => `${action}: ${count}`)
}

async function look(url: string, secret?: string): Promise<string> {
  await using prober = await ociConnector.prober(spec(url, secret), signal)
  return (await prober.look(signal)).state
}

describe.runIf(present)('many repositories as one source', () => {
  it('share what they have in common, and are restored below another prefix', async () => {
    await pushImage(origin, 'many/app', shared, 'v1')
    await pushImage(origin, 'many/app/worker', shared, 'v1')
    await pushImage(origin, 'many/app/worker', own, 'v2')
    await pushImage(origin, 'other/app', own, 'v1')
    const exported = await exportAll(spec(`${origin}/many/`))
    expect(exported.items.filter(({ kind }) => kind === 'tag').map(({ id }) => id)).toEqual([
      'tag/app/worker:v1',
      'tag/app/worker:v2',
      'tag/app:v1',
    ])
    const layers = exported.entries.filter(({ size }) => size === 70_000)
    expect(layers).toHaveLength(1)
    const target = spec(`${origin}/copy/of/`)
    await restore(exported, target)
    expect(await compare(target, exported)).toEqual([])
    const digests = ['app:v1', 'app/worker:v2'].map((name) =>
      run(
        'skopeo',
        'inspect',
        '--tls-verify=false',
        '--format',
        '{{.Digest}}',
        `docker://${origin.slice(7)}/copy/of/${name}`,
      ).trim(),
    )
    expect(digests).toEqual([shared.manifest.digest, own.manifest.digest])
    using folder = temporaryFolder()
    const layout = writeBag(exported, folder.path)
    expect(run('skopeo', 'inspect', '--format', '{{.Digest}}', `oci:${layout}:app/worker:v2`).trim()).toBe(
      own.manifest.digest,
    )
  })

  it('siblings are the repositories that the source does not cover', async () => {
    await pushImage(origin, 'many/app', shared, 'v1')
    await pushImage(origin, 'other/app', own, 'v1')
    const urls = (await Array.fromAsync(ociConnector.siblings(spec(`${origin}/many/`), signal))).map(
      ({ url }) => url,
    )
    expect(urls).toContain(`oci:${origin}/other/app`)
    expect(urls.filter((url) => url.includes('/many/'))).toEqual([])
  })

  it('a name that does not fit the target is an error that says what to do', async () => {
    await pushImage(origin, 'many/app', shared, 'v1')
    const exported = await exportAll(spec(`${origin}/many/`))
    await expect(restore(exported, spec(`${origin}/single`))).rejects.toMatchObject({
      code: 'restore-failed',
    })
  })
})

describe.runIf(present)('destruction', () => {
  it('takes an index with its images, and leaves another repository with the same blobs as it was', async () => {
    const mine = image('of the doomed alone', [500])
    await pushImage(origin, 'doomed/app', shared)
    await pushImage(origin, 'doomed/app', mine)
    await pushManifest(origin, 'doomed/app', indexOf([shared, mine]), 'v1')
    await pushImage(origin, 'kept/app', shared, 'v1')
    const kept = await exportAll(spec(`${origin}/kept/app`))
    expect(await destroy(`${origin}/doomed/app`)).toEqual([
      'delete manifests and tags, and see them gone: 3',
      'delete blobs, and see them gone: 4',
      'other repositories keep what they share: 2',
    ])
    expect(await look(`${origin}/doomed/app`)).toBe('absent')
    for (const { digest } of [shared.manifest, mine.manifest]) {
      expect((await fetch(`${origin}/v2/doomed/app/manifests/${digest}`)).status).toBe(404)
    }
    expect(await compare(spec(`${origin}/kept/app`), kept)).toEqual([])
  })

  it('whose result nobody may look at is not seen: of manifests an error, blobs count as left', async () => {
    /** Deletes, and then refuses to say whether anything is left below a path. */
    const blind = (path: string): Trick => {
      let isDeleted = false
      return ({ method, url = '' }, response) => {
        isDeleted ||= method === 'DELETE'
        if (!isDeleted) return false
        if (method === 'DELETE') response.writeHead(202).end()
        else if (method === 'HEAD') response.writeHead(url.includes(path) ? 403 : 404).end()
        else response.end('{"tags":[]}')
        return true
      }
    }
    await using one = await hostileRegistry({ v1: own.manifest }, parts(own), blind('/manifests/'))
    await expect(destroy(`${one.origin}/a/b`)).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('expected status 404'),
    })
    await using other = await hostileRegistry({ v1: own.manifest }, parts(own), blind('/blobs/'))
    expect(await destroy(`${other.origin}/a/b`)).toEqual([
      'delete manifests and tags, and see them gone: 1',
      'leave blobs to the garbage collection: 2',
    ])
  })

  it('where the registry forbids it, is an error that says so, and nothing is gone', async () => {
    await using strict = await startRegistry({ deletion: false })
    await pushImage(strict.origin, 'a/b', own, 'v1')
    await expect(destroy(`${strict.origin}/a/b`)).rejects.toMatchObject({
      code: 'destroy-failed',
      hint: expect.stringContaining('storage.delete.enabled'),
    })
    expect(await look(`${strict.origin}/a/b`)).toBe('present')
  })
})

describe('a prober', () => {
  it('concludes from no 404 but that of the registry itself that a repository is gone', async () => {
    let body = '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}'
    await using registry = await hostileRegistry({}, [], ({ url = '' }, response) => {
      if (!url.includes('/tags/')) return false
      response.writeHead(404).end(body)
      return true
    })
    expect(await look(`${registry.origin}/a/b`)).toBe('absent')
    body = '<html>no such route</html>'
    expect(await look(`${registry.origin}/a/b`)).toBe('could-not-check')
  })
})

describe.runIf(present)('restoration', () => {
  it('passes over a layer in parts that an earlier attempt has left in the target', async () => {
    const large = image('in parts', [300_000])
    await pushImage(origin, 'parts/source', large, 'v1')
    const exported = await exportAll(spec(`${origin}/parts/source`), 100_000)
    expect(exported.entries.filter(({ part }) => part !== undefined)).toHaveLength(3)
    for (const one of large.blobs) await pushBlob(origin, 'parts/target', one)
    const target = spec(`${origin}/parts/target`)
    await restore(exported, target)
    expect(await compare(target, exported)).toEqual([])
  })
})

describe.runIf(present)('a registry with accounts', () => {
  it('lets in who has the password, and says what is missing to others', async () => {
    // reader:secret, by bcrypt.
    const htpasswd = 'reader:$2b$05$t.mXTXr.wozOfOArKhj5c.6iiok1l6G98IwlOzFFWxDbV9cSS28dW\n'
    await using closed = await startRegistry({ htpasswd })
    await expect(exportAll(spec(`${closed.origin}/a/b`))).rejects.toMatchObject({
      code: 'source-unreachable',
    })
    await expect(exportAll(spec(`${closed.origin}/a/b`, 'reader:wrong'))).rejects.toThrow('401')
    await using source = await hostileRegistry({ v1: own.manifest }, own.blobs)
    const exported = await exportAll(spec(`${source.origin}/a/b`))
    const target = spec(`${closed.origin}/a/b`, 'reader:secret')
    await restore(exported, target)
    expect(await compare(target, exported)).toEqual([])
    expect(await look(`${closed.origin}/a/b`, 'reader:secret')).toBe('present')
    expect(await destroy(`${closed.origin}/a/b`, 'reader:secret')).toEqual([
      'delete manifests and tags, and see them gone: 1',
      'delete blobs, and see them gone: 2',
    ])
    expect(await look(`${closed.origin}/a/b`, 'reader:wrong')).toBe('could-not-check')
  })
})

describe('referrers', () => {
  const subject = image('subject', [800])
  const sbom = image('sbom', [300], {
    artifactType: 'application/spdx+json',
    subject: descriptor(subject.manifest),
  })
  const about = image('about the sbom', [300], { subject: descriptor(sbom.manifest) })

  /** The referrers API (distribution specification 1.1). */
  const referrers: Trick = ({ url = '' }, response) => {
    const of = /^\/v2\/a\/b\/referrers\/(.*)$/.exec(url)?.[1]
    if (of === undefined) return false
    const found = [sbom, about].filter(({ manifest }) =>
      manifest.bytes.includes(`"subject":{"mediaType":"${types.manifest}","digest":"${of}"`),
    )
    const manifests = found.map(({ manifest }) => descriptor(manifest))
    const index = jsonBlob({ schemaVersion: 2, mediaType: types.index, manifests }, types.index)
    response.writeHead(200, { 'content-type': types.index }).end(index.bytes)
    return true
  }

  it('that the API tells come without a name, and what refers to them, too', async () => {
    await using registry = await hostileRegistry(
      { v1: subject.manifest },
      parts(subject, sbom, about),
      referrers,
    )
    const exported = await exportAll(spec(`${registry.origin}/a/b`))
    expect(exported.losses).toEqual([])
    const index = exported.entries.find(({ path }) => path === 'data/index.json')
    const { manifests } = JSON.parse(index?.bytes.toString() ?? '') as {
      manifests: { digest: string; annotations?: object }[]
    }
    expect(manifests.map(({ digest }) => digest).toSorted()).toEqual(
      [subject, sbom, about].map(({ manifest }) => manifest.digest).toSorted(),
    )
    expect(manifests.filter(({ annotations }) => annotations === undefined)).toHaveLength(2)
  })

  it('are deleted before what they refer to, which alone leads to them', async () => {
    const deleted: string[] = []
    const trick: Trick = (request, response) => {
      const { method, url = '' } = request
      const isGone = deleted.some((digest) => url.endsWith(`manifests/${digest}`))
      if (method === 'DELETE') {
        deleted.push(url.slice(url.lastIndexOf('/') + 1))
        response.writeHead(202).end()
        return true
      }
      if (!isGone) return referrers(request, response)
      response.writeHead(404).end()
      return true
    }
    await using registry = await hostileRegistry({ v1: subject.manifest }, parts(subject, sbom, about), trick)
    await destroy(`${registry.origin}/a/b`)
    const order = [about, sbom, subject].map(({ manifest }) => manifest.digest)
    expect(deleted.filter((digest) => order.includes(digest))).toEqual(order)
  })

  it('come from every repository that has the image: a signature may be in one of them alone', async () => {
    const told: Trick = ({ url = '' }, response) => {
      const [, repository, of] = /^\/v2\/a\/(\w+)\/referrers\/(.*)$/.exec(url) ?? []
      const isSigned = repository === 'released' && of === subject.manifest.digest
      const manifests = isSigned ? [descriptor(sbom.manifest)] : []
      if (of !== undefined) response.end(JSON.stringify({ schemaVersion: 2, manifests }))
      else if (url.startsWith('/v2/_catalog')) response.end('{"repositories":["a/built","a/released"]}')
      else if (url.includes('/tags/')) response.end('{"tags":["v1"]}')
      else return redirectedToOne(url, response)
      return true
    }
    /** All repositories have the same images. */
    const redirectedToOne = (url: string, response: Parameters<Trick>[1]): boolean => {
      const path = /^\/v2\/a\/(?:built|released)\/(.*)$/.exec(url)?.[1]
      if (path !== undefined) response.writeHead(307, { location: `/v2/a/b/${path}` }).end()
      return path !== undefined
    }
    await using registry = await hostileRegistry({ v1: subject.manifest }, parts(subject, sbom), told)
    const exported = await exportAll(spec(`${registry.origin}/a/`))
    const index = exported.entries.find(({ path }) => path === 'data/index.json')
    expect(JSON.parse(index?.bytes.toString() ?? '').manifests).toContainEqual(
      expect.objectContaining({
        digest: sbom.manifest.digest,
        annotations: { 'restitute.repository': 'released' },
      }),
    )
    expect(exported.entries.map(({ path }) => path)).toContain(
      `data/blobs/${sbom.manifest.digest.replace(':', '/')}`,
    )
  })

  it.runIf(present)('come back in a registry without the API under the tags of the tag scheme', async () => {
    await using registry = await hostileRegistry(
      { v1: subject.manifest },
      parts(subject, sbom, about),
      referrers,
    )
    const exported = await exportAll(spec(`${registry.origin}/a/b`))
    const target = spec(`${origin}/restored/referrers`)
    await restore(exported, target)
    expect(await compare(target, exported)).toEqual([])
    const tag = subject.manifest.digest.replace(':', '-')
    const found = await fetch(`${origin}/v2/restored/referrers/manifests/${tag}`, {
      headers: { accept: types.index },
    })
    expect(await found.text()).toContain(sbom.manifest.digest)
  })
})

describe('content that a registry holds otherwise', () => {
  it('a foreign layer that the registry has comes; one that it has not is lost with the reason', async () => {
    const type = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
    const [there, elsewhere] = [blob('here', type), blob('not here', type)]
    const config = jsonBlob({ os: 'windows' }, types.config)
    const layers = [there, elsewhere].map((one) =>
      descriptor(one, { urls: ['https://vendor.example/layer'] }),
    )
    const manifest = jsonBlob(
      { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers },
      types.manifest,
    )
    await using registry = await hostileRegistry({ v1: manifest }, [there, config])
    const { losses, entries } = await exportAll(spec(`${registry.origin}/a/b`))
    expect(losses).toEqual([
      {
        item: `blobs/${elsewhere.digest.replace(':', '/')}`,
        lost: 'a foreign layer that the registry does not have: its publisher alone gives it away',
      },
    ])
    expect(entries.map(({ bytes }) => bytes.toString())).toContain('here')
  })

  it.runIf(present)(
    'an index that lacks an image: the rest is delivered, a layout takes it, a registry does not',
    async () => {
      const [there, missing] = [image('there', [100]), image('missing', [100])]
      const index = indexOf([there, missing])
      await using registry = await hostileRegistry({ v1: index, there: there.manifest }, parts(there))
      const exported = await exportAll(spec(`${registry.origin}/a/b`))
      const id = `blobs/${missing.manifest.digest.replace(':', '/')}`
      expect(exported.items.filter(({ lost }) => lost !== undefined).map((one) => one.id)).toEqual([id])
      using folder = temporaryFolder()
      await restore(exported, spec(`layout:${folder.path}/layout`))
      await expect(restore(exported, spec(`${origin}/partial/app`))).rejects.toMatchObject({
        code: 'restore-failed',
        hint: expect.stringContaining('oci:layout:'),
      })
      expect(await look(`${origin}/partial/app`)).toBe('absent')
    },
  )

  it('a tag that moves while the names are read makes the view say so', async () => {
    const images = [image('a', [100]), image('b', [100])]
    let asked = 0
    await using registry = await hostileRegistry({}, parts(...images), ({ url, method }, response) => {
      if (url?.includes('/tags/') === true) response.end('{"tags":["v1"]}')
      else if (method === 'HEAD') {
        const { manifest } = images[asked++ % 2] ?? own
        response.writeHead(200, { 'docker-content-digest': manifest.digest }).end()
      } else return false
      return true
    })
    await using exporter = await ociConnector.freeze(spec(`${registry.origin}/a/b`), signal)
    expect(exporter.view).toMatchObject({
      consistency: 'per-item',
      point: expect.stringContaining('names moved'),
    })
    expect((await Array.fromAsync(exporter.inventory(signal))).length).toBeGreaterThan(3)
  })

  it('what is deleted after the view was frozen is a loss, and nothing else is', async () => {
    let gone = ''
    const two = [image('first', [100]), image('second', [100])]
    const [first = own, second = own] = two
    await using registry = await hostileRegistry(
      { first: first.manifest, second: second.manifest },
      parts(...two),
      ({ url = '' }, response) => {
        if (gone === '' || !url.endsWith(gone)) return false
        response.writeHead(404).end()
        return true
      },
    )
    await using exporter = await ociConnector.freeze(spec(`${registry.origin}/a/b`), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    gone = second.manifest.digest
    const shard = { id: '000001', first: 1, last: items.length, bytes: 0, slice: { partBytes: 1 << 30 } }
    const read = await Array.fromAsync(exporter.read(shard, each(items), signal))
    expect(read.filter((one) => 'lost' in one)).toEqual([
      { item: `blobs/${gone.replace(':', '/')}`, lost: 'the registry does not have it' },
    ])
  })
})
