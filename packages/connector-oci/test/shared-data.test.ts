import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { ociConnector } from '../src/index.ts'
import {
  compare,
  type Export,
  exportAll,
  restore,
  run,
  signal,
  spec,
  temporaryFolder,
  writeBag,
} from './support.ts'

const data = join(import.meta.dirname, '../../../../shared/data/oci-images')
const present =
  available(existsSync(data), 'shared/data/oci-images not found') && havePrograms('skopeo', 'umoci')
const named = (folder: string, form: RegExp): string[] =>
  present
    ? readdirSync(join(data, folder))
        .filter((name) => form.test(name))
        .map((name) => join(folder, name))
    : []

const refused: Readonly<Record<string, string>> = {
  'tarball/content.tar': 'expected manifest.json in the archive, got none',
  'tarball/no_manifest.tar': 'expected manifest.json in the archive, got none',
  'tarball/null_manifest.tar': 'expected a manifest.json of images in the archive, got something else',
}
const layouts = named('layout', /^test_/)
const archives = [...named('tarball', /\.tar$/), ...named('mutate', /\.tar$/)].filter(
  (name) => !(name in refused),
)

/** What the connector gives of a source, written as a bag and restored as a layout; both must be whole. */
async function roundTrip(url: string, work: (exported: Export, layout: string) => void): Promise<void> {
  using folder = temporaryFolder()
  const exported = await exportAll(spec(url))
  const target = spec(`layout:${join(folder.path, 'restored')}`)
  await restore(exported, target)
  expect(await compare(target, exported)).toEqual([])
  work(exported, writeBag(exported, join(folder.path, 'bag')))
}

function tags({ items }: Export): string[] {
  return items.filter(({ kind }) => kind === 'tag').map(({ id }) => id.slice('tag/'.length))
}

/** What skopeo says of a name, for what it can read. */
function inspected(layout: string, tag: string): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync('skopeo', ['inspect', '--raw', `oci:${layout}:${tag}`])
  return { status, stdout: stdout.toString() }
}

/** The names as the index has them: the images of an archive in their order. */
function inOrder({ entries }: Export): string[] {
  const index = entries.find(({ path }) => path === 'data/index.json')
  const { manifests } = JSON.parse(index?.bytes.toString() ?? '') as { manifests: { annotations?: object }[] }
  return manifests.flatMap(({ annotations }) => Object.values(annotations ?? {}))
}

describe.runIf(present)('foreign images', () => {
  it.each(layouts.filter((name) => !name.includes('unknown')))(
    '%s is delivered byte for byte',
    async (name) => {
      const source = join(data, name)
      await roundTrip(`layout:${source}`, (exported, layout) => {
        expect(exported.losses).toEqual([])
        expect(run('diff', '-r', source, layout)).toBe('')
        for (const tag of tags(exported)) expect(inspected(layout, tag)).toEqual(inspected(source, tag))
      })
    },
  )

  it('a layout whose content is missing says so, and gives the rest', async () => {
    const exported = await exportAll(spec(`layout:${join(data, 'layout/test_gc_image_unknown_mediatype')}`))
    expect(exported.losses.map(({ lost }) => lost)).toEqual(['it cannot be read: ENOENT'])
    expect(exported.entries.map(({ path }) => path)).toContain('data/index.json')
  })

  it.each(archives)(
    '%s becomes a layout that skopeo and umoci read as they read the archive',
    async (name) => {
      const source = join(data, name)
      await roundTrip(`archive:${source}`, (exported, layout) => {
        expect(exported.losses).toEqual([])
        for (const [i, tag] of inOrder(exported).entries()) {
          const config = run('skopeo', 'inspect', '--config', '--raw', `docker-archive:${source}:@${i}`)
          expect(run('skopeo', 'inspect', '--config', '--raw', `oci:${layout}:${tag}`)).toBe(config)
        }
        const listed = run('umoci', 'ls', '--layout', layout).split('\n').filter(Boolean)
        expect(listed.toSorted()).toEqual(tags(exported).toSorted())
      })
    },
  )

  it.each(Object.entries(refused))('%s is refused: %s', async (name, reason) => {
    const source = spec(`archive:${join(data, name)}`)
    await expect(ociConnector.freeze(source, signal)).rejects.toMatchObject({ code: 'source-unreachable' })
    await expect(ociConnector.freeze(source, signal)).rejects.toThrow(reason)
  })

  it('a compressed archive is refused, and the reason says what to do', async () => {
    const source = spec(`archive:${join(data, 'crane/content.tar.zst')}`)
    await expect(ociConnector.freeze(source, signal)).rejects.toThrow('decompress it first')
  })

  it('an image that Docker 25 saved without a name comes with all its blobs', async () => {
    const { entries } = await exportAll(spec(`archive:${join(data, 'tarball/hello-world-v25.tar')}`))
    const index = entries.find(({ path }) => path === 'data/index.json')
    expect(JSON.parse(index?.bytes.toString() ?? '').manifests).toHaveLength(1)
    const members = run('tar', 'tf', join(data, 'tarball/hello-world-v25.tar')).match(/sha256\/[0-9a-f]{64}/g)
    const paths = entries.map(({ path }) => path)
    for (const member of members ?? []) expect(paths).toContain(`data/blobs/${member}`)
  })
})
