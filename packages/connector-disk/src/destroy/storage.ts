import { readFile, realpath } from 'node:fs/promises'
import { type Mounted, mountTable } from '@restitute/core'
import { deviceNumber } from '../machine/device.ts'
import type { Doomed } from './doomed.ts'

/** What a file lies on, as far as the system tells. */
export interface Storage {
  /** Type of the file system; empty when it is unknown. */
  readonly fileSystem: string
  /** It is written in place, on a magnetic disk that this machine sees itself: nothing virtual, mapped or thin. */
  readonly magnetic: boolean
}

const virtualVendors = /qemu|vmware|vbox|msft|xen|virtual|red hat/i

/** What the files that are to go lie on, each once. */
export async function storagesOf({ files }: Doomed): Promise<readonly Storage[]> {
  const mounts = await mountTable()
  return Promise.all([...new Set(files.map(({ dev }) => dev))].map((dev) => storageOf(BigInt(dev), mounts)))
}

async function storageOf(dev: bigint, mounts: readonly Mounted[]): Promise<Storage> {
  const number = deviceNumber(dev)
  const { fileSystem = '', options = '' } = mounts.find(({ device }) => device === number) ?? {}
  const journaled = options.split(',').includes('data=journal')
  return { fileSystem, magnetic: !journaled && (await isMagnetic(number)) }
}

/** Whether a device, by its numbers, is a magnetic disk, or a partition of one, that this machine sees itself. */
export async function isMagnetic(number: string): Promise<boolean> {
  try {
    const device = await realpath(`/sys/dev/block/${number}`)
    if (device.includes('/virtual/') || device.includes('/virtio')) return false
    const disk = (await readFile(`${device}/partition`, 'utf8').catch(() => '')) ? `${device}/..` : device
    const [rotational, vendor] = [
      await readFile(`${disk}/queue/rotational`, 'utf8'),
      await readFile(`${disk}/device/vendor`, 'utf8'),
    ]
    return rotational.trim() === '1' && !virtualVendors.test(vendor)
  } catch {
    return false
  }
}
