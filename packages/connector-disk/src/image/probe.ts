import type { FileHandle } from 'node:fs/promises'
import { RestituteError } from '@restitute/core'
import { formatOfName, type ImageFormat } from './formats.ts'

/** Bytes that tell a format. */
interface Mark {
  readonly format: ImageFormat
  readonly offset: number
  readonly bytes: Buffer
}

const text = (format: ImageFormat, bytes: string): Mark => ({
  format,
  offset: 0,
  bytes: Buffer.from(bytes, 'latin1'),
})

const marks: readonly Mark[] = [
  text('qcow2', 'QFI\xfb'),
  text('vmdk', 'KDMV'),
  text('vmdk', 'COWD'),
  text('vmdk', '# Disk DescriptorFile'),
  text('vhd', 'conectix'),
  text('vhdx', 'vhdxfile'),
  text('parallels', 'WithoutFreeSpace'),
  text('parallels', 'WithouFreSpacExt'),
  text('bochs', 'Bochs Virtual HD Image'),
  text('cloop', '#!/bin/sh\n#V2.0 Format\n'),
  { format: 'vdi', offset: 64, bytes: Buffer.from('7f10dabe', 'hex') },
]

/** What the first bytes of a file look like; nothing is known of raw images. */
export async function looksLike(handle: FileHandle): Promise<ImageFormat | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(128), 0, 128, 0)
  const head = buffer.subarray(0, bytesRead)
  return marks.find(({ offset, bytes }) => head.subarray(offset, offset + bytes.length).equals(bytes))?.format
}

/**
 * The format of an image, decided by what is declared, else by its name, never by its content alone: the guest of a
 * raw disk writes its first bytes, and could have it read as another format that names files of the host. Throws
 * `usage` where name and content speak of different formats, or neither says anything.
 */
export async function formatOf(
  path: string,
  handle: FileHandle,
  declared: ImageFormat | undefined,
): Promise<ImageFormat> {
  const seen = await looksLike(handle)
  const said = declared ?? formatOfName(path)
  if (
    said === undefined ||
    (said === 'raw' && declared === undefined && !isRaw(path) && seen !== undefined)
  ) {
    throw unclear(path, seen)
  }
  return said
}

/** Only this extension stands for one format beyond doubt; `.img` is used for all. */
function isRaw(path: string): boolean {
  return path.toLowerCase().endsWith('.raw')
}

function unclear(path: string, seen: ImageFormat | undefined): RestituteError {
  const looks = seen === undefined ? 'like no known format' : `like ${seen}`
  return new RestituteError('usage', `image ${path}: its name does not tell its format, it looks ${looks}`, {
    hint: 'say it in the URL of the source: ?format=raw, ?format=qcow2, …',
  })
}
