import type { BigIntStats } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
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

/** The files by their identities. */
async function identitiesOf(files: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const file of files) {
    const stats = await statsOf(file)
    if (stats) found.set(identityOf(stats), file)
  }
  return found
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
  wanted: ReadonlyMap<string, string>,
): AsyncIterable<{ readonly file: string; readonly writes: boolean }> {
  for (const number of await readdir(`${process}/fd`).catch(() => [])) {
    const file = await wantedAt(`${process}/fd/${number}`, wanted)
    if (file === undefined) continue
    const info = await readFile(`${process}/fdinfo/${number}`, 'utf8').catch(() => '')
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '0', 8)
    yield { file, writes: (flags & writing) !== 0 }
  }
}

/** Sockets and pipes have no path. */
async function wantedAt(link: string, wanted: ReadonlyMap<string, string>): Promise<string | undefined> {
  if (!(await readlink(link).catch(() => '')).startsWith('/')) return undefined
  const stats = await statsOf(link)
  return stats && wanted.get(identityOf(stats))
}
