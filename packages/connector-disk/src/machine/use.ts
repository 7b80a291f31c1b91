import type { BigIntStats } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { throwIfInterrupted } from '@restitute/core'

const writing = 0o3

/** How other programs of this machine hold files open. */
export interface Use {
  /** A file that one of them may write. */
  readonly written?: string
  /** Whether one of them reads one of the files. */
  readonly read: boolean
}

/**
 * Who else uses these files, under whatever path: libvirt gives each guest device nodes of its own, a container sees others.
 * On Linux, as far as this account may look. Hypervisors other than QEMU do not set the locks that QEMU asks for, nor does
 * QEMU see one that lies on another node of a device.
 */
export async function useOf(files: ReadonlySet<string>, signal: AbortSignal): Promise<Use> {
  const wanted = await identitiesOf(files)
  const processes = await readdir('/proc').catch(() => [])
  let read = false
  for (const number of processes.filter((name) => /^\d+$/.test(name))) {
    throwIfInterrupted(signal)
    for await (const { file, writes } of heldBy(`/proc/${number}`, wanted)) {
      if (writes) return { written: file, read: true }
      read ||= number !== String(process.pid)
    }
  }
  return { read }
}

/** What is looked for: files by their identities, and what tells without touching a file that it may be one of them. */
interface Wanted {
  readonly files: ReadonlyMap<string, string>
  readonly names: ReadonlySet<string>
  readonly inodes: ReadonlySet<string>
  readonly hasDevice: boolean
}

async function identitiesOf(files: ReadonlySet<string>): Promise<Wanted> {
  const [found, inodes] = [new Map<string, string>(), new Set<string>()]
  let hasDevice = false
  for (const file of files) {
    const stats = await statsOf(file)
    if (stats === undefined) continue
    found.set(identityOf(stats), file)
    inodes.add(String(stats.ino))
    hasDevice ||= stats.isBlockDevice()
  }
  return { files: found, names: new Set([...files].map((file) => basename(file))), inodes, hasDevice }
}

function statsOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined)
}

function identityOf(stats: BigIntStats): string {
  return stats.isBlockDevice() ? `device ${stats.rdev}` : `file ${stats.dev} ${stats.ino}`
}

/** Processes end while they are looked at: what has vanished holds nothing. */
async function* heldBy(
  process: string,
  wanted: Wanted,
): AsyncIterable<{ readonly file: string; readonly writes: boolean }> {
  for (const number of await readdir(`${process}/fd`).catch(() => [])) {
    const info = await readFile(`${process}/fdinfo/${number}`, 'utf8').catch(() => '')
    const file = await wantedAt(`${process}/fd/${number}`, info, wanted)
    if (file === undefined) continue
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '0', 8)
    yield { file, writes: (flags & writing) !== 0 }
  }
}

/** Sockets and pipes have no path. */
async function wantedAt(link: string, info: string, wanted: Wanted): Promise<string | undefined> {
  const path = await readlink(link).catch(() => '')
  if (!path.startsWith('/') || !mayBe(path, info, wanted)) return undefined
  const stats = await statsOf(link)
  return stats && wanted.files.get(identityOf(stats))
}

/**
 * Whether it is worth asking the file system: that of a server which no longer answers would keep whoever asks for ever. A
 * device has another number at each of its nodes; kernels before 5.14 do not tell the number of a file.
 */
function mayBe(path: string, info: string, { names, inodes, hasDevice }: Wanted): boolean {
  const inode = /^ino:\s*(\d+)$/m.exec(info)?.[1]
  return hasDevice || inode === undefined || inodes.has(inode) || names.has(basename(path))
}
