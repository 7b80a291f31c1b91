import type { ReadAt } from './inside.ts'

/** Bytes at a place that tell what begins there. */
interface Sign {
  readonly what: string
  readonly at: number
  readonly bytes: string
}

// In the order in which they are believed: a file system may keep the traces of one that was there before it.
const signs: readonly Sign[] = [
  { what: 'luks', at: 0, bytes: 'LUKS\xba\xbe' },
  { what: 'xfs', at: 0, bytes: 'XFSB' },
  { what: 'ntfs', at: 3, bytes: 'NTFS    ' },
  { what: 'exfat', at: 3, bytes: 'EXFAT   ' },
  { what: 'refs', at: 3, bytes: 'ReFS\0\0\0\0' },
  { what: 'bitlocker', at: 3, bytes: '-FVE-FS-' },
  { what: 'fat32', at: 82, bytes: 'FAT32   ' },
  { what: 'fat16', at: 54, bytes: 'FAT16   ' },
  { what: 'fat12', at: 54, bytes: 'FAT12   ' },
  { what: 'squashfs', at: 0, bytes: 'hsqs' },
  { what: 'lvm2', at: 512, bytes: 'LABELONE' },
  { what: 'ext', at: 1024 + 56, bytes: '\x53\xef' },
  { what: 'swap', at: 4096 - 10, bytes: 'SWAPSPACE2' },
  { what: 'btrfs', at: 65536 + 64, bytes: '_BHRfS_M' },
  { what: 'iso9660', at: 32768 + 1, bytes: 'CD001' },
]

/** What the beginning of a partition looks like; nothing when it looks like nothing known. */
export async function fileSystemAt(readAt: ReadAt, start: number): Promise<string | undefined> {
  const [head, volume, late] = [
    await readAt(start, 4096),
    await readAt(start + 32768, 16),
    await readAt(start + 65536, 128),
  ]
  const bytes = (at: number, length: number): string => {
    const [from, base] = at >= 65536 ? [late, 65536] : at >= 32768 ? [volume, 32768] : [head, 0]
    return from.toString('latin1', at - base, at - base + length)
  }
  const found = signs.find((sign) => bytes(sign.at, sign.bytes.length) === sign.bytes)?.what
  return found === 'ext' ? extVersion(head) : found
}

/** From the features: extents make it ext4, a journal ext3. */
function extVersion(head: Buffer): string {
  const [compatible, incompatible] = [head.readUInt32LE(1024 + 92), head.readUInt32LE(1024 + 96)]
  if ((incompatible & 0x40) !== 0) return 'ext4'
  return (compatible & 0x4) === 0 ? 'ext2' : 'ext3'
}
