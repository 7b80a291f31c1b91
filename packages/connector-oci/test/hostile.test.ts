import type { Item } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { ociConnector } from '../src/index.ts'
import {
  answering,
  endless,
  type HostileRegistry,
  hostileRegistry,
  parts,
  type Trick,
} from './hostile-registry.ts'
import { blob, descriptor, image, indexOf, jsonBlob, types } from './images.ts'
import { each, exportAll, readEntry, signal, spec } from './support.ts'

const good = image('good', [2_000])
const large = image('large', [3_000_000])
const [, largeLayer = blob('', types.layer)] = large.blobs

function sourceOf({ origin }: HostileRegistry, secret?: string): ReturnType<typeof spec> {
  return spec(`${origin}/a/b`, secret)
}

async function inventoryOf(registry: HostileRegistry): Promise<Item[]> {
  await using exporter = await ociConnector.freeze(sourceOf(registry), signal)
  return await Array.fromAsync(exporter.inventory(signal))
}

/** Why items are lost, of a registry that holds these tags with `good` besides. */
async function losses(registry: HostileRegistry): Promise<string[]> {
  const { items, losses: atReading, entries } = await exportAll(sourceOf(registry))
  for (const { digest } of parts(good)) {
    expect(entries.map(({ path }) => path)).toContain(`data/blobs/${digest.replace(':', '/')}`)
  }
  const all = [
    ...items.filter(({ kind }) => kind !== 'tag').flatMap(({ lost = [] }) => lost),
    ...atReading.map(({ lost }) => lost),
  ]
  // The manifest counts reasons in clear.
  for (const reason of all) expect(reason).not.toMatch(/http|sha256:|a\/b|127\./)
  return all
}

function on(path: string, act: Trick): Trick {
  return (request, response) => (request.url?.startsWith(path) === true ? act(request, response) : false)
}

const tags = { good: good.manifest, large: large.manifest }
const layerPath = `/v2/a/b/blobs/${largeLayer.digest}`
const manifestPath = `/v2/a/b/manifests/${large.manifest.digest}`

describe('a hostile or broken registry', () => {
  it('whose bytes are not those of the digest: lost, the rest comes', async () => {
    await using registry = await hostileRegistry(tags, parts(good, large), (request, response) => {
      if (request.url !== manifestPath) return false
      response.end(good.manifest.bytes)
      return true
    })
    expect(await losses(registry)).toEqual(['its bytes do not have its digest'])
  })

  it('whose blob is another one of the same size: lost, the rest comes', async () => {
    const wrong = Buffer.alloc(largeLayer.bytes.length, 'x')
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (_, response) => {
        response.writeHead(200, { 'content-length': wrong.length }).end(wrong)
        return true
      }),
    )
    expect(await losses(registry)).toEqual(['its bytes do not have its digest'])
  })

  it('that writes an empty list as null: nothing is lost', async () => {
    const config = jsonBlob({ architecture: 'amd64', os: 'linux' }, types.config)
    const members = { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers: null }
    const bare = jsonBlob(members, types.manifest)
    await using registry = await hostileRegistry(
      { good: good.manifest, bare },
      [...parts(good), config],
      on('/v2/a/b/referrers/', (_, response) => {
        response.end('{"schemaVersion":2,"manifests":null}')
        return true
      }),
    )
    expect(await losses(registry)).toEqual([])
  })

  it('whose manifest never ends: lost', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(manifestPath, (_, response) => endless(response)),
    )
    expect(await losses(registry)).toEqual([expect.stringContaining('a manifest of more than 4194304 bytes')])
  })

  it('whose blob never ends: no more than its size is read, and it is lost', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (_, response) => endless(response)),
    )
    expect(await losses(registry)).toEqual(['it is longer than its descriptor says'])
  })

  it('whose blob has another length than its descriptor: lost before it is read', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (_, response) => {
        response.writeHead(200, { 'content-length': 10 }).end('0123456789')
        return true
      }),
    )
    expect(await losses(registry)).toEqual(['it is shorter than its descriptor says'])
  })

  it('whose connections are cut: a blob goes on from there', async () => {
    let cuts = 0
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (request, response) => {
        const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
        const rest = largeLayer.bytes.subarray(from)
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length })
        if (cuts++ === 3) response.end(rest)
        else response.write(rest.subarray(0, 500_000), () => setTimeout(() => response.destroy(), 50))
        return true
      }),
    )
    expect(await losses(registry)).toEqual([])
    expect(cuts).toBe(4)
  })

  it('whose blob is always cut at the same place: lost, after a bounded number of attempts', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (request, response) => {
        const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': largeLayer.bytes.length - from })
        if (from > 0) response.flushHeaders()
        else response.write(largeLayer.bytes.subarray(0, 1_200_000))
        setTimeout(() => response.destroy(), 20)
        return true
      }),
    )
    expect(await losses(registry)).toEqual(['it is shorter than its descriptor says'])
    expect(registry.asked.filter((line) => line.includes(layerPath)).length).toBeLessThan(20)
  })

  it('that says of a blob that it has a petabyte: no zeros are written for days', async () => {
    const layers = [{ mediaType: types.layer, digest: largeLayer.digest, size: 2 ** 50 }]
    const [config = blob('', types.config)] = large.blobs
    const liar = jsonBlob(
      { schemaVersion: 2, mediaType: types.manifest, config: descriptor(config), layers },
      types.manifest,
    )
    await using registry = await hostileRegistry(
      { good: good.manifest, liar },
      parts(good, large),
      on(layerPath, (_, response) => {
        response.writeHead(200, { 'content-length': 2 ** 49 - 1 + 2 ** 49 + 1 })
        response.write('x')
        setTimeout(() => response.destroy(), 20)
        return true
      }),
    )
    await using exporter = await ociConnector.freeze(sourceOf(registry), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const shards = await Array.fromAsync(
      exporter.shards(each(items), { bytes: 2 ** 60, items: 100, partBytes: 2 ** 60 }),
    )
    const read = async (): Promise<void> => {
      for await (const one of exporter.read(
        shards[0] ?? { id: '', first: 1, last: 1, bytes: 0 },
        each(items),
        signal,
      )) {
        if ('path' in one) await readEntry(one)
      }
    }
    await expect(read()).rejects.toMatchObject({ code: 'hostile-input' })
  })

  it('that redirects in circles: lost', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, ({ url }, response) => {
        response.writeHead(307, { location: url }).end()
        return true
      }),
    )
    expect(await losses(registry)).toEqual(['the registry sends it from place to place'])
  })

  it('that asks for patience gets it; when it has no end, that is an error and no loss', async () => {
    let busy = 0
    await using patient = await hostileRegistry(
      tags,
      parts(good, large),
      on(manifestPath, (_, response) => {
        if (++busy > 2) return false
        response.writeHead(429, { 'retry-after': '0' }).end()
        return true
      }),
    )
    expect(await losses(patient)).toEqual([])
    await using stubborn = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (_, response) => {
        response.writeHead(429, { 'retry-after': '0' }).end()
        return true
      }),
    )
    await expect(exportAll(sourceOf(stubborn))).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('with a fault at one object: lost, the rest comes', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(manifestPath, (_, response) => {
        response.writeHead(500).end()
        return true
      }),
    )
    expect(await losses(registry)).toEqual(['the registry answers with status 500'])
  })

  it.each([
    [500, 'the registry answers with status 500'],
    [403, 'the registry refuses it to this account'],
  ])(
    'that answers %i when asked what refers to an image: it may be signed, so that is lost',
    async (status, why) => {
      const faulty = `/v2/a/b/referrers/${large.manifest.digest}`
      await using registry = await hostileRegistry(tags, parts(good, large), ({ url = '' }, response) => {
        if (!url.startsWith('/v2/a/b/referrers/')) return false
        if (url === faulty) response.writeHead(status).end()
        else response.end('{"manifests":[]}')
        return true
      })
      expect(await losses(registry)).toEqual([`what refers to an image cannot be listed: ${why}`])
    },
  )

  it('with indexes in indexes without end: what is too deep is lost', async () => {
    let nested = indexOf([good])
    const all = [...parts(good), nested]
    for (let depth = 0; depth < 20; depth++) {
      nested = jsonBlob(
        { schemaVersion: 2, mediaType: types.index, manifests: [descriptor(nested)] },
        types.index,
      )
      all.push(nested)
    }
    await using registry = await hostileRegistry({ good: good.manifest, deep: nested }, all)
    expect(await losses(registry)).toEqual(['an index more than 16 indexes deep'])
  })

  it.each([
    [
      'both an index and an image',
      { manifests: [], layers: [], config: descriptor(good.manifest) },
      'an ambiguous manifest: both an index and an image',
    ],
    [
      'a descriptor without a digest',
      { config: descriptor(good.manifest), layers: [{ size: 1 }] },
      'a manifest with a malformed descriptor',
    ],
    [
      'a path as a digest',
      {
        config: descriptor(good.manifest),
        layers: [{ mediaType: 'x', size: 1, digest: 'sha256:../../etc' }],
      },
      'a manifest with a malformed descriptor',
    ],
    [
      'a negative size',
      {
        config: descriptor(good.manifest),
        layers: [{ mediaType: 'x', size: -1, digest: good.manifest.digest }],
      },
      'a manifest with a malformed descriptor',
    ],
  ])('with a manifest that is %s: lost', async (_, members, reason) => {
    const bad = jsonBlob({ schemaVersion: 2, mediaType: types.manifest, ...members }, types.manifest)
    await using registry = await hostileRegistry({ good: good.manifest, bad }, parts(good))
    expect(await losses(registry)).toEqual([reason])
  })

  it.each([405, 501])('that answers %i to HEAD: its tags are resolved without', async (status) => {
    await using registry = await hostileRegistry(tags, parts(good, large), ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(status).end()
      return method === 'HEAD'
    })
    expect((await inventoryOf(registry)).filter(({ lost }) => lost !== undefined)).toEqual([])
    expect(await losses(registry)).toEqual([])
  })

  it('with Docker schema 1: lost with that reason', async () => {
    const old = blob('{"schemaVersion":1}', 'application/vnd.docker.distribution.manifest.v1+prettyjws')
    await using registry = await hostileRegistry({ good: good.manifest, old }, parts(good))
    expect(await losses(registry)).toEqual(['a Docker schema 1 manifest: its bytes do not have its digest'])
  })

  it.each([
    ['a list of tags that never ends', on('/v2/a/b/tags', (_, response) => endless(response))],
    ['tags that are paths', on('/v2/a/b/tags', answering('{"tags":["../../x"]}'))],
    [
      'pages in a circle',
      on('/v2/a/b/tags', (_, response) => {
        response.writeHead(200, { link: '</v2/a/b/tags/list?n=1000>; rel="next"' }).end('{"tags":[]}')
        return true
      }),
    ],
    [
      'a next page on another host',
      on('/v2/a/b/tags', (_, response) => {
        response
          .writeHead(200, { link: '<http://127.0.0.1:1/v2/a/b/tags/list>; rel="next"' })
          .end('{"tags":[]}')
        return true
      }),
    ],
    ['a list that is no JSON', on('/v2/a/b/tags', answering('<html>'))],
  ])('with %s is refused', async (_, trick) => {
    await using registry = await hostileRegistry(tags, parts(good), trick)
    await expect(inventoryOf(registry)).rejects.toMatchObject({ code: 'hostile-input' })
  })

  it.each([
    ['leaves out the link to the next page', { spaces: false, all: false }],
    ['writes that link with spaces', { spaces: true, all: false }],
    ['gives all at once, whatever is asked', { spaces: false, all: true }],
  ])('that %s: every tag comes', async (_, { spaces, all }) => {
    const names = Array.from({ length: 2500 }, (__, i) => `v${String(i).padStart(4, '0')}`)
    await using registry = await hostileRegistry(
      { ...tags, ...Object.fromEntries(names.map((name) => [name, good.manifest])) },
      parts(good, large),
      on('/v2/a/b/tags', ({ url = '' }, response) => {
        const last = new URL(url, 'http://registry').searchParams.get('last') ?? ''
        const rest = names.filter((name) => all || name > last)
        const page = all ? rest : rest.slice(0, 1000)
        const link = `</v2/a/b/tags/list?n=1000&last=${page.at(-1)}>; rel = "next"`
        response.writeHead(200, spaces && rest.length > page.length ? { link } : {})
        response.end(JSON.stringify({ tags: page }))
        return true
      }),
    )
    const found = (await inventoryOf(registry)).filter(({ kind }) => kind === 'tag')
    expect(found.map(({ id }) => id)).toEqual(names.map((name) => `tag/${name}`))
  })

  it('that hangs: an interruption ends the work at once', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on('/v2/a/b/manifests', () => true),
    )
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 200)
    await expect(ociConnector.freeze(sourceOf(registry), stop.signal)).rejects.toMatchObject({
      code: 'interrupted',
    })
  })

  it('that hangs in the middle of a blob: an interruption ends the work at once', async () => {
    await using registry = await hostileRegistry(
      tags,
      parts(good, large),
      on(layerPath, (_, response) => {
        response.writeHead(200, { 'content-length': largeLayer.bytes.length })
        response.write(largeLayer.bytes.subarray(0, 100_000))
        return true
      }),
    )
    await using exporter = await ociConnector.freeze(sourceOf(registry), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const stop = new AbortController()
    const shard = { id: '000001', first: 1, last: items.length, bytes: 0, slice: { partBytes: 2 ** 30 } }
    const read = async (): Promise<void> => {
      for await (const one of exporter.read(shard, each(items), stop.signal)) {
        if ('path' in one && one.size > 2_000_000) setTimeout(() => stop.abort(), 200)
        if ('path' in one) await readEntry(one)
      }
    }
    await expect(read()).rejects.toMatchObject({ code: 'interrupted' })
  })
})
