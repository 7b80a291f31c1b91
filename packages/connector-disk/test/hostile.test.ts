import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { carry, contentOf } from './support/carry.ts'
import { hostileImages, overlaid, qcow2 } from './support/hostile-images.ts'
import { tempFolder } from './support/places.ts'

const ready = havePrograms('qemu-img', 'qemu-nbd', 'qemu-io')

describe.skipIf(!ready)('a hostile image', () => {
  it.each(hostileImages)('with %s is refused, and nothing is delivered', async (_, name, make) => {
    await using temp = await tempFolder()
    const folder = join(temp.path, 'machine')
    await mkdir(folder)
    await make((file) => join(folder, file))
    const error: unknown = await carry(`disk:${join(folder, name)}`).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'RestituteError' })
    expect((error as { code: string }).code).toMatch(/^(hostile-input|source-unreachable)$/)
  })

  it('raw stays raw, whatever its guest wrote at its beginning', async () => {
    await using temp = await tempFolder()
    const [raw, img] = [join(temp.path, 'x.raw'), join(temp.path, 'x.img')]
    qcow2(raw, '-u', '-b', '/etc/passwd', '-F', 'raw')
    await copyFile(raw, img)
    const bytes = await readFile(raw)
    expect(contentOf(await carry(`disk:${raw}`), 'disk/disk').equals(bytes)).toBe(true)
    await expect(carry(`disk:${img}`)).rejects.toMatchObject({ code: 'usage' })
    expect(contentOf(await carry(`disk:${img}?format=raw`), 'disk/disk').equals(bytes)).toBe(true)
  })

  it('that lays all its clusters over one another is refused before it fills a disk', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.qcow2')
    await overlaid(path)
    const { losses, entries } = await carry(`disk:${path}`)
    expect(losses.map(({ item }) => item)).toEqual(['disk/disk'])
    expect(entries.filter(({ entry }) => entry.item !== undefined)).toEqual([])
  })

  it('in a folder of others is refused, too, unless its folder of templates is declared', async () => {
    await using temp = await tempFolder()
    const [templates, folder] = [join(temp.path, 'templates'), join(temp.path, 'machine')]
    await mkdir(templates)
    await mkdir(folder)
    await writeFile(join(templates, 'base.raw'), Buffer.alloc(2 ** 20, 'template'))
    qcow2(join(folder, 'x.qcow2'), '-b', join(templates, 'base.raw'), '-F', 'raw')
    await expect(carry(`disk:${folder}`)).rejects.toMatchObject({ code: 'hostile-input' })
    const carried = await carry(`disk:${folder}?backing=${templates}`)
    expect(contentOf(carried, 'disk/x').toString('latin1', 0, 16)).toBe('templatetemplate')
  })
})
