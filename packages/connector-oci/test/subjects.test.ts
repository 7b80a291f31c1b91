import { afterAll, describe, expect, it } from 'vitest'
import { startRegistry } from '../../../test/services/registry.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { ociConnector } from '../src/index.ts'
import { blobPath } from '../src/names.ts'
import { hostileRegistry, parts, type Trick } from './hostile-registry.ts'
import { descriptor, type Image, image, indexOf, jsonBlob, pushImage, types } from './images.ts'
import { compare, exportAll, restore, signal, spec } from './support.ts'

const present = havePrograms('docker-registry')
const server = present ? await startRegistry() : undefined
afterAll(() => server?.[Symbol.asyncDispose]())
const { origin = '' } = server ?? {}

const subject = image('signed, its name given to another one', [100])
const signature = image('signature', [20], { subject: descriptor(subject.manifest) })
const cosigned = image('signature by cosign', [20])
const cosignTag = `${subject.manifest.digest.replace(':', '-')}.sig`

async function answer(repository: string, { manifest }: Image): Promise<number> {
  const headers = { accept: types.manifest }
  return (await fetch(`${origin}/v2/${repository}/manifests/${manifest.digest}`, { headers })).status
}

describe.runIf(present)('an image to which nothing leads but what is about it', () => {
  it.each([
    ['a signature that refers to it', 'referring', signature, 'signature'],
    ['the name of a signature by cosign', 'cosign', cosigned, cosignTag],
  ])('%s comes with it, back, too, and goes before it', async (_, name, about, tag) => {
    const repository = `subjects/${name}`
    await pushImage(origin, repository, subject)
    await pushImage(origin, repository, about, tag)
    const exported = await exportAll(spec(`${origin}/${repository}`))
    expect(exported.entries.map(({ path }) => path)).toEqual(
      expect.arrayContaining(parts(subject).map(({ digest }) => `data/${blobPath(digest)}`)),
    )
    await restore(exported, spec(`${origin}/restored/${name}`))
    expect(await compare(spec(`${origin}/restored/${name}`), exported)).toEqual([])
    expect(await answer(`restored/${name}`, subject)).toBe(200)
    await using destroyer = await ociConnector.destroyer(spec(`${origin}/${repository}`), signal)
    await Array.fromAsync(destroyer.destroy(signal))
    expect(await answer(repository, subject)).toBe(404)
  })

  it('is not missed where it is gone', async () => {
    await pushImage(origin, 'subjects/gone', signature, 'signature')
    const { items, losses } = await exportAll(spec(`${origin}/subjects/gone`))
    expect([...losses, ...items.filter(({ lost }) => lost !== undefined)]).toEqual([])
  })
})

it('an image that is about another one, which the registry refuses, states that one as lost', async () => {
  await using registry = await hostileRegistry(
    { signature: signature.manifest },
    parts(signature, subject),
    ({ url = '' }, response) => {
      if (!url.endsWith(`/manifests/${subject.manifest.digest}`)) return false
      response.writeHead(403).end()
      return true
    },
  )
  const { items } = await exportAll(spec(`${registry.origin}/a/b`))
  expect(items.filter(({ lost }) => lost !== undefined).map(({ id }) => id)).toEqual([
    blobPath(subject.manifest.digest),
  ])
})

describe('what refers to an image by the API of the registry', () => {
  const told = (manifests: readonly object[]): Trick => {
    return ({ url = '' }, response) => {
      const of = /\/referrers\/(.*)$/.exec(url)?.[1]
      if (of === undefined) return false
      response.end(
        JSON.stringify({ schemaVersion: 2, manifests: of === subject.manifest.digest ? manifests : [] }),
      )
      return true
    }
  }

  it('comes though the registry says of another manifest, which it lacks, that there is nothing of the kind', async () => {
    const images = Array.from({ length: 40 }, (_, i) => image(`of an index ${i}`, [10]))
    const [lacking = subject] = images.toSorted((a, b) => (a.manifest.digest < b.manifest.digest ? -1 : 1))
    const signatures = images.map(({ manifest }, i) =>
      image(`signature ${i}`, [10], { subject: descriptor(manifest) }),
    )
    const ofImage = (digest: string): object[] =>
      signatures
        .filter(({ manifest }) => manifest.bytes.includes(digest))
        .map(({ manifest }) => descriptor(manifest))
    await using registry = await hostileRegistry(
      { v1: indexOf(images) },
      parts(...images, ...signatures),
      ({ url = '' }, response) => {
        const of = /\/referrers\/(.*)$/.exec(url)?.[1]
        if (of === undefined) return false
        if (of === lacking.manifest.digest) response.writeHead(404).end()
        else setTimeout(() => response.end(JSON.stringify({ schemaVersion: 2, manifests: ofImage(of) })), 20)
        return true
      },
    )
    const { items } = await exportAll(spec(`${registry.origin}/a/b`))
    const ids = new Set(items.map(({ id }) => id))
    expect(signatures.filter(({ manifest }) => !ids.has(blobPath(manifest.digest)))).toHaveLength(1)
  })

  it('is stated as lost where its type is one that nobody here can follow', async () => {
    const mediaType = 'application/vnd.cncf.oras.artifact.manifest.v1+json'
    const unknown = jsonBlob({ mediaType, blobs: [] }, mediaType)
    await using registry = await hostileRegistry(
      { v1: subject.manifest },
      [...parts(subject), unknown],
      told([descriptor(unknown)]),
    )
    const { items } = await exportAll(spec(`${registry.origin}/a/b`))
    expect(items.filter(({ lost }) => lost !== undefined)).toMatchObject([
      { id: blobPath(unknown.digest), lost: 'a manifest of an unknown type' },
    ])
  })
})
