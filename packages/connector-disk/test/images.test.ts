import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { haveShared } from '../../../test/support/shared-data.ts'
import { bringBack, type Carried, carry, contentOf, idsOf } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'
import { unpack } from './support/shared-images.ts'

const tools = havePrograms('qemu-img', 'qemu-nbd', 'qemu-io', 'sfdisk', 'mke2fs')
const images = havePrograms('bzip2', 'zstd') && haveShared('vm-images')
const parts = { bytes: 2 ** 20, items: 100, partBytes: 2 ** 18 }

/** A disk with a GPT, a file system and a hole, as raw bytes in a file. */
async function makeDisk(folder: string): Promise<string> {
  const path = join(folder, 'disk.raw')
  const script = `truncate -s 8M ${path} && printf 'label: gpt\nstart=2048, size=8192, name=données\n' | sfdisk -q ${path}
    mkdir ${folder}/tree && head -c 300000 /dev/urandom > ${folder}/tree/a && mke2fs -q -t ext4 -d ${folder}/tree -E offset=1048576 ${path} 4096k`
  run('bash', '-euo', 'pipefail', '-c', script)
  await rm(join(folder, 'tree'), { recursive: true })
  return path
}

const containers: readonly (readonly [string, string, readonly string[]])[] = [
  ['qcow2', 'qcow2', []],
  ['compressed qcow2', 'qcow2', ['-c']],
  ['monolithic vmdk', 'vmdk', ['-o', 'subformat=monolithicSparse']],
  ['stream-optimised vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']],
  ['split sparse vmdk', 'vmdk', ['-o', 'subformat=twoGbMaxExtentSparse']],
  ['split flat vmdk', 'vmdk', ['-o', 'subformat=twoGbMaxExtentFlat']],
  ['vdi', 'vdi', []],
  ['dynamic vhd', 'vpc', ['-o', 'subformat=dynamic,force_size=on']],
  ['fixed vhd', 'vpc', ['-o', 'subformat=fixed,force_size=on']],
  ['vhdx', 'vhdx', []],
  ['parallels', 'parallels', []],
]
const extension = (driver: string): string => (driver === 'vpc' ? 'vhd' : driver)

describe.skipIf(!tools)('a disk', () => {
  it.each(containers)('in a %s is what its guest sees', async (_, driver, options) => {
    await using temp = await tempFolder()
    const raw = await makeDisk(temp.path)
    const folder = join(temp.path, 'machine')
    await mkdir(folder)
    const path = join(folder, `system.${extension(driver)}`)
    run('qemu-img', 'convert', '-q', '-O', driver, ...options, raw, path)
    const carried = await carry(`disk:${folder}`, parts)
    expect(idsOf(carried)).toEqual(['disk/system'])
    expect(contentOf(carried, 'disk/system').equals(await readFile(raw))).toBe(true)
    expect(carried.items[0]?.attributes?.['inside']).toEqual({
      table: 'gpt',
      partitions: [
        {
          number: 1,
          start: 2 ** 20,
          bytes: 2 ** 22,
          type: '0fc63daf-8483-4772-8e79-3d69d8477de4',
          name: 'données',
          holds: 'ext4',
        },
      ],
    })
  })

  it.each(['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx'])(
    'is rebuilt as %s, equal for qemu-img',
    async (format) => {
      await using temp = await tempFolder()
      const raw = await makeDisk(temp.path)
      const to = join(temp.path, 'restored')
      expect(await bringBack(await carry(`disk:${raw}`, parts), `disk:${to}?format=${format}`)).toEqual([])
      const driver = format === 'vhd' ? 'vpc' : format
      expect(run('qemu-img', 'compare', '-f', 'raw', '-F', driver, raw, to)).toContain('identical')
      expect((await readdir(temp.path)).toSorted()).toEqual(['disk.raw', 'restored'])
    },
  )

  it.each([
    ['qcow2', []],
    ['compressed qcow2', ['-c']],
    ['qcow2 of subclusters', ['-o', 'extended_l2=on']],
  ])('in a %s that was copied in part is lost, not delivered with zeros', async (_, options) => {
    await using temp = await tempFolder()
    const folder = join(temp.path, 'machine')
    await mkdir(folder)
    const [raw, base] = [join(temp.path, 'raw'), join(folder, 'base.qcow2')]
    run('bash', '-c', `head -c 8M /dev/urandom > ${raw}`)
    run('qemu-img', 'convert', '-q', '-f', 'raw', '-O', 'qcow2', ...options, raw, base)
    run('cp', base, join(folder, 'alone.qcow2'))
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', join(folder, 'leaf.qcow2'))
    expect((await carry(`disk:${folder}`)).losses).toEqual([])
    run('truncate', '-s', '4M', base, join(folder, 'alone.qcow2'))
    const lost = 'cut short: it refers to data behind the end of its file'
    const { losses } = await carry(`disk:${folder}`)
    expect(losses).toEqual(['disk/alone', 'disk/leaf'].map((item) => ({ item, lost })))
  })

  it.each(containers.filter(([, driver]) => driver !== 'qcow2'))(
    'in a %s whose largest file was copied in part is lost, not delivered with zeros',
    async (_, driver, options) => {
      await using temp = await tempFolder()
      const folder = join(temp.path, 'machine')
      await mkdir(folder)
      const [raw, path] = [join(temp.path, 'raw'), join(folder, `system.${extension(driver)}`)]
      // Not a whole number of anybody's blocks.
      run('bash', '-c', `head -c 8389120 /dev/urandom > ${raw}`)
      run('qemu-img', 'convert', '-q', '-f', 'raw', '-O', driver, ...options, raw, path)
      expect((await carry(`disk:${folder}`)).losses).toEqual([])
      run('bash', '-c', `truncate -s 4M "$(ls -S ${folder}/* | head -1)"`)
      const { losses } = await carry(`disk:${folder}`)
      expect(losses.map(({ item }) => item)).toEqual(['disk/system'])
    },
  )

  it.each([
    ['metadata', '-o', 'preallocation=metadata'],
    ['falloc', '-o', 'preallocation=falloc'],
  ])('with %s of all clusters made before, and nothing in them, is whole', async (_, ...options) => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', ...options, path, '100M')
    expect((await carry(`disk:${path}`)).losses).toEqual([])
  })

  it('whose backing file has internal snapshots: they are lost or exported, too, not passed over', async () => {
    await using temp = await tempFolder()
    const [base, leaf] = [join(temp.path, 'base.qcow2'), join(temp.path, 'leaf.qcow2')]
    run('qemu-img', 'create', '-q', '-f', 'qcow2', base, '1M')
    run('qemu-io', '-c', 'write -P 65 0 1M', base)
    run('qemu-img', 'snapshot', '-c', 'before', base)
    run('qemu-io', '-c', 'write -P 66 0 1M', base)
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', leaf)
    const silent = await carry(`disk:${leaf}`)
    expect(silent.losses.map(({ item }) => item)).toEqual(['disk/disk@1.1'])
    const all = await carry(`disk:${leaf}?snapshots=all`)
    expect(all.losses).toEqual([])
    expect(contentOf(all, 'disk/disk@1.1')[0]).toBe(65)
    expect(contentOf(all, 'disk/disk')[0]).toBe(66)
    expect(await bringBack(all, `disk:${temp.path}/back?format=qcow2`)).toEqual([])
  })

  it('with internal snapshots comes as it is now; snapshots are lost, exported or left out as the URL says', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M')
    run('qemu-io', '-c', 'write -P 0x41 0 64k', path)
    run('qemu-img', 'snapshot', '-c', 'before', path)
    run('qemu-io', '-c', 'write -P 0x42 0 64k', path)
    const usual = await carry(`disk:${path}`)
    expect(usual.losses.map(({ item }) => item)).toEqual(['disk/disk@1'])
    expect(contentOf(usual, 'disk/disk')[0]).toBe(0x42)
    const all = await carry(`disk:${path}?snapshots=all`)
    expect(all.losses).toEqual([])
    expect(contentOf(all, 'disk/disk@1')[0]).toBe(0x41)
    expect(await bringBack(all, `disk:${temp.path}/back?format=qcow2`)).toEqual([])
    const none = await carry(`disk:${path}?snapshots=none`)
    expect([none.losses, idsOf(none)]).toEqual([[], ['disk/disk']])
  })

  it('in a vhdx of 2 TiB costs what its blocks hold', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.vhdx')
    run('qemu-img', 'create', '-q', '-f', 'vhdx', path, '2T')
    const writes = ['-c', 'write -P 0x41 0 64k', '-c', 'write -P 0x42 1T 1M']
    run('qemu-io', '-f', 'vhdx', ...writes, path)
    const carried = await carry(`disk:${path}`)
    expect([carried.losses, carried.items[0]?.bytes]).toEqual([[], 2 ** 41])
    const found = carried.entries.filter(({ entry, bytes }) => entry.item === 'disk/disk' && bytes.length > 0)
    expect(found.map(({ entry, bytes }) => [entry.part, bytes[0]])).toEqual([
      [1, 0x41],
      [2049, 0x42],
    ])
  })

  it('is cut into parts of one size that join to the whole, holes costing nothing', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', path, '40G')
    run('qemu-io', '-c', 'write -P 0x41 0 64k', '-c', 'write -P 0x42 30G 64k', path)
    const { entries, shards } = await carry(`disk:${path}`)
    const own = entries.filter(({ entry }) => entry.item === 'disk/disk')
    expect(own.map(({ entry }) => entry.part)).toEqual(Array.from({ length: 640 }, (_, i) => i + 1))
    expect(own.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(128 * 1024)
    expect(shards).toHaveLength(1)
  })
})

const opened: readonly (readonly [string, string, number])[] = [
  ['empty.bochs', '', 1_032_192],
  ['ext2.qcow2', '', 4_194_304],
  ['ext2.vhd', '', 4_212_736],
  ['ext2.vmdk', '', 4_194_304],
  ['grub_mbr.raw', '', 512],
  ['iotest-version3.vmdk', '', 17_179_869_184],
  ['iso9660.raw', '', 366_592],
  ['parallels-v2', '?format=parallels', 2_097_152],
  ['simple-pattern.cloop', '', 1_048_576],
  ['virtualpc-dynamic.vhd', '', 136_363_130_880],
]

const stored = ({ entries }: Carried): number => entries.reduce((sum, { bytes }) => sum + bytes.length, 0)

describe.skipIf(!tools || !images)('images made by other programs', () => {
  it.each(opened)('%s is read whole, and its holes are not', async (name, query, size) => {
    await using temp = await tempFolder()
    const path = await unpack(name, temp.path)
    const carried = await carry(`disk:${path}${query}`)
    expect(carried.losses).toEqual([])
    expect(carried.items[0]?.bytes).toBe(size)
    expect(stored(carried)).toBeLessThan(16 * 2 ** 20)
    if (size > 2 ** 24) return
    const raw = join(temp.path, 'reference')
    const format = query.replace('?format=', '')
    run('qemu-img', 'convert', '-q', ...(format ? ['-f', format] : []), '-O', 'raw', path, raw)
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    expect(digest(contentOf(carried, 'disk/disk'))).toBe(digest(await readFile(raw)))
  })

  it('afl5.img is refused, with and without a declared format', async () => {
    await using temp = await tempFolder()
    const path = await unpack('afl5.img', temp.path)
    await expect(carry(`disk:${path}?format=vhd`)).rejects.toMatchObject({
      code: 'hostile-input',
      message: expect.stringContaining('Max Table Entries too large') as string,
    })
    await expect(carry(`disk:${path}`)).rejects.toMatchObject({ code: 'usage' })
  })

  it('a folder with one of them keeps the others deliverable', async () => {
    await using temp = await tempFolder()
    const [bad, good] = [await unpack('afl5.img', temp.path), await unpack('ext2.qcow2', temp.path)]
    await writeFile(bad.replace('.img', '.vhd'), await readFile(bad))
    await rm(bad)
    const carried = await carry(`disk:${temp.path}`)
    expect(carried.losses.map(({ item }) => item)).toEqual(['disk/afl5'])
    expect(JSON.stringify(carried.losses)).not.toContain(temp.path)
    expect(good).toContain('ext2')
  })
})
