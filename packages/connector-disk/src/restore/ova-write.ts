import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RestituteError, safeNames, throwIfInterrupted } from '@restitute/core'
import { openFileReader } from '../content/file-reader.ts'
import { writeOvf } from '../description/ovf-write.ts'
import { runTool } from '../tools.ts'
import { type BuiltItem, sheetOf } from './descriptions.ts'

const block = 512
const name = 'machine.ova'
const unlimited = { fileBytes: Number.POSITIVE_INFINITY }

/** Whether a target is to be an OVA. */
export function isOva(path: string): boolean {
  return /\.ova$/i.test(path)
}

/**
 * Makes one OVA (DMTF DSP0243 §5.4) of the raw disks and files in a folder: description, manifest, then files, disks as
 * stream-optimised VMDK, which other hypervisors import. Gives its name; nothing else is left in the folder.
 */
export async function writeOva(
  folder: string,
  built: readonly BuiltItem[],
  signal: AbortSignal,
): Promise<string> {
  const files = built.filter(({ file }) => file !== '')
  const names = safeNames(files.map(({ file }) => Buffer.from(file.replace(/\.raw$/, '.vmdk'))))
  const packed: BuiltItem[] = []
  for (const [i, { item, file }] of files.entries()) {
    const to = names[i] ?? ''
    if (item.id.startsWith('disk/')) await pack(join(folder, file), join(folder, to), item.bytes, signal)
    else if (file !== to) await rename(join(folder, file), join(folder, to))
    packed.push({ item, file: to })
  }
  const machine = built.filter(({ file }) => file === '')
  await writeFile(join(folder, 'machine.ovf'), writeOvf(sheetOf('stream-vmdk', [...packed, ...machine], '')))
  const members = ['machine.ovf', ...packed.map(({ file }) => file)]
  await writeFile(join(folder, 'machine.mf'), await manifestOf(folder, members, signal))
  await writeTar(folder, ['machine.ovf', 'machine.mf', ...members.slice(1)], signal)
  return name
}

async function pack(from: string, to: string, bytes: number, signal: AbortSignal): Promise<void> {
  if (bytes % block !== 0) throw failed(`a disk of ${bytes} bytes, which are no whole sectors`)
  const convert = ['convert', '-q', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', from, to]
  const answer = await runTool('qemu-img', convert, unlimited, signal)
  if (!Buffer.isBuffer(answer)) throw failed(answer.complaint)
  await rm(from)
}

async function manifestOf(folder: string, members: readonly string[], signal: AbortSignal): Promise<string> {
  const lines: string[] = []
  for (const member of members) {
    const hash = createHash('sha256')
    await using reader = await openFileReader(join(folder, member))
    for await (const chunk of reader.read([{ offset: 0, length: reader.size }], signal)) hash.update(chunk)
    lines.push(`SHA256(${member})= ${hash.digest('hex')}\n`)
  }
  return lines.join('')
}

async function writeTar(folder: string, members: readonly string[], signal: AbortSignal): Promise<void> {
  await using tar = await open(join(folder, name), 'wx', 0o600)
  for (const member of members) {
    const { size } = await stat(join(folder, member))
    await tar.write(header(member, size))
    await append(tar, join(folder, member), signal)
    await tar.write(Buffer.alloc((block - (size % block)) % block))
    await rm(join(folder, member))
  }
  await tar.write(Buffer.alloc(2 * block))
  await tar.sync()
}

async function append(tar: FileHandle, path: string, signal: AbortSignal): Promise<void> {
  await using reader = await openFileReader(path)
  for await (const chunk of reader.read([{ offset: 0, length: reader.size }], signal)) {
    throwIfInterrupted(signal)
    for (let at = 0; at < chunk.length; ) at += (await tar.write(chunk, at)).bytesWritten
  }
}

/** POSIX ustar; a size beyond 8 GiB in binary, as GNU tar and libarchive write it. */
function header(member: string, size: number): Buffer {
  const bytes = Buffer.alloc(block)
  const path = Buffer.from(member)
  if (path.length > 100) throw failed('a name longer than 100 bytes')
  path.copy(bytes)
  bytes.write(['0000600', '0000000', '0000000', ''].join('\0'), 100, 'latin1')
  if (size < 2 ** 33) bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  else bytes.writeBigUInt64BE(BigInt(size), 128)
  if (size >= 2 ** 33) bytes.writeUInt8(0x80, 124)
  bytes.write('00000000000\0', 136, 'latin1')
  bytes.write('        0', 148, 'latin1')
  bytes.write('ustar\x0000', 257, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

function failed(reason: string): RestituteError {
  return new RestituteError('restore-failed', `write an OVA: ${reason}`, {
    hint: 'restore to a folder instead: a target without .ova at its end',
  })
}
