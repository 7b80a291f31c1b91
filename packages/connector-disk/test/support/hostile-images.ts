import { open, readFile, symlink, writeFile } from 'node:fs/promises'
import { run } from './places.ts'

type Make = (at: (name: string) => string) => unknown

/** Overwrites bytes of a file. */
async function patch(path: string, offset: number, hex: string): Promise<void> {
  await using handle = await open(path, 'r+')
  await handle.write(Buffer.from(hex, 'hex'), 0, hex.length / 2, offset)
}

/** Has every entry of the L1 table of a qcow2 image point at its first L2 table, and cuts off the data. */
async function repeatFirstTable(path: string): Promise<void> {
  await using handle = await open(path, 'r+')
  const header = (await handle.read(Buffer.alloc(104), 0, 104, 0)).buffer
  const [count, table] = [header.readUInt32BE(36), Number(header.readBigUInt64BE(40))]
  const first = (await handle.read(Buffer.alloc(8), 0, 8, table)).buffer
  await handle.write(Buffer.concat(Array.from({ length: count }, () => first)), 0, 8 * count, table)
  // No cluster may lie behind the end of the file: that alone would be refused.
  const second = Number(first.readBigUInt64BE() & 0x00fffffffffffe00n)
  const cluster = (await handle.read(Buffer.alloc(8), 0, 8, second)).buffer
  await handle.write(Buffer.concat(Array.from({ length: 8192 }, () => cluster)), 0, 65_536, second)
  await handle.truncate(2 ** 21)
}

/** Makes a small qcow2 image. */
export const qcow2 = (path: string, ...more: string[]): string =>
  run('qemu-img', 'create', '-q', '-f', 'qcow2', ...more, path, '1M')
const backedBy = (name: string): Make => {
  return (at) => qcow2(at('x.qcow2'), '-u', '-b', name, '-F', 'raw')
}
const descriptor = (extent: string): string =>
  `# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="monolithicFlat"\n${extent}\n`

const patched = (offset: number, hex: string): Make => {
  return async (at) => {
    qcow2(at('x.qcow2'))
    await patch(at('x.qcow2'), offset, hex)
  }
}

/** Images that are to be refused: what is wrong, the name of the image, and how to make it. */
export const hostileImages: readonly (readonly [string, string, Make])[] = [
  ['a backing file elsewhere', 'x.qcow2', backedBy('/etc/passwd')],
  ['a backing file above its folder', 'x.qcow2', backedBy('../../../../../../../etc/passwd')],
  ['a backing file in JSON', 'x.qcow2', backedBy('json:{"driver":"file","filename":"/etc/passwd"}')],
  ['a backing file on a server', 'x.qcow2', backedBy('nbd://127.0.0.1:10809')],
  ['a backing file on the web', 'x.qcow2', backedBy('http://127.0.0.1/disk.raw')],
  [
    'a backing file behind a link',
    'x.qcow2',
    async (at) => {
      await symlink('/etc/passwd', at('base.raw'))
      qcow2(at('x.qcow2'), '-u', '-b', 'base.raw', '-F', 'raw')
    },
  ],
  [
    'a chain that bites its tail',
    'x.qcow2',
    (at) => qcow2(at('x.qcow2'), '-u', '-b', 'x.qcow2', '-F', 'qcow2'),
  ],
  ['external data', 'x.qcow2', (at) => qcow2(at('x.qcow2'), '-o', `data_file=${at('data.raw')}`)],
  ['a size of 8 EiB', 'x.qcow2', patched(24, '7ffffffffffffe00')],
  ['an L1 table without end', 'x.qcow2', patched(36, '7fffffff')],
  ['a refcount table without end', 'x.qcow2', patched(56, '7fffffff')],
  ['countless snapshots', 'x.qcow2', patched(60, 'ffffffff')],
  ['clusters of 2^63 bytes', 'x.qcow2', patched(20, '0000003f')],
  ['a backing name without end', 'x.qcow2', patched(8, '00000000000100007fffffff')],
  ['an old version', 'x.qcow2', patched(4, '00000001')],
  ['an extent elsewhere', 'x.vmdk', (at) => writeFile(at('x.vmdk'), descriptor('RW 8 FLAT "/etc/passwd" 0'))],
  ['an extent above', 'x.vmdk', (at) => writeFile(at('x.vmdk'), descriptor('RW 8 FLAT "../x" 0'))],
  ['an extent in JSON', 'x.vmdk', (at) => writeFile(at('x.vmdk'), descriptor('RW 8 FLAT "json:{}" 0'))],
  ['a raw device', 'x.vmdk', (at) => writeFile(at('x.vmdk'), descriptor('RW 8 VMFSRDM "dev" 0'))],
  [
    'an extent that is a link',
    'x.vmdk',
    async (at) => {
      await symlink('/etc/passwd', at('flat'))
      await writeFile(at('x.vmdk'), descriptor('RW 1 FLAT "flat" 0'))
    },
  ],
  [
    'a parent',
    'x.vmdk',
    (at) => writeFile(at('x.vmdk'), descriptor('RW 8 ZERO\nparentFileNameHint="/etc/passwd"')),
  ],
  [
    'a difference to a parent (vhd)',
    'x.vhd',
    async (at) => {
      run('qemu-img', 'create', '-q', '-f', 'vpc', at('x.vhd'), '1M')
      const size = (await readFile(at('x.vhd'))).length
      for (const footer of [0, size - 512]) await patch(at('x.vhd'), footer + 60, '00000004')
    },
  ],
]

/** An image of 16 TiB whose clusters all lie over one another, in a file of 2 MiB. */
export async function overlaid(path: string): Promise<void> {
  run('qemu-img', 'create', '-q', '-f', 'qcow2', path, '16T')
  run('qemu-io', '-c', 'write -P 0x41 0 512M', path)
  await repeatFirstTable(path)
}
