import { readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** `major:minor`, as the kernel packs them. */
export function deviceNumber(device: bigint): string {
  return `${(device >> 8n) & 0xfffn}:${(device & 0xffn) | ((device >> 12n) & 0xfff00n)}`
}

/** What makers, controllers and the device mapper call a device, the surest first. */
const names = ['dm/uuid', 'wwid', 'device/wwid', 'serial', 'device/serial']

/**
 * Which device this is, whatever its path: another disk at the same path has another identity (R35). One that has no
 * name of its own has the number of its attachment, which is good until the system is started again.
 */
export async function deviceIdentity(device: bigint): Promise<string> {
  const folder = await realpath(folderOf(device))
  const partition = await textIn(folder, 'partition')
  const disk = partition === '' ? folder : dirname(folder)
  const own = await firstOf(disk, names)
  const attached = `${await textIn('/proc/sys/kernel/random', 'boot_id')} ${await textIn(disk, 'diskseq')}`
  const place = partition === '' ? '' : `${partition} ${await textIn(folder, 'start')}`
  return [own === '' ? attached : own, place, await textIn(folder, 'size')].join('\n')
}

/** Bytes of a device. */
export async function deviceBytes(device: bigint): Promise<number> {
  // The kernel counts sectors of 512 bytes, whatever the device has.
  return Number(await textIn(folderOf(device), 'size')) * 512
}

function folderOf(device: bigint): string {
  return `/sys/dev/block/${deviceNumber(device)}`
}

async function firstOf(folder: string, files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await textIn(folder, file)
    if (text !== '') return `${file} ${text}`
  }
  return ''
}

async function textIn(folder: string, file: string): Promise<string> {
  return (await readFile(join(folder, file), 'utf8').catch(() => '')).trim()
}
