import { readdir, readFile, readlink } from 'node:fs/promises'
import { throwIfInterrupted } from '@restitute/core'

const writing = 0o3

/**
 * One of these files that a program of this machine holds open for writing, if any; on Linux, as far as this account
 * may look. Hypervisors other than QEMU do not set the locks that QEMU asks for.
 */
export async function writtenFile(
  files: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const processes = await readdir('/proc').catch(() => [])
  for (const process of processes.filter((name) => /^\d+$/.test(name))) {
    throwIfInterrupted(signal)
    const found = await writtenBy(`/proc/${process}`, files)
    if (found !== undefined) return found
  }
  return undefined
}

/** Processes end while they are looked at: what has vanished holds nothing. */
async function writtenBy(process: string, files: ReadonlySet<string>): Promise<string | undefined> {
  for (const number of await readdir(`${process}/fd`).catch(() => [])) {
    const file = await readlink(`${process}/fd/${number}`).catch(() => '')
    if (!files.has(file)) continue
    const info = await readFile(`${process}/fdinfo/${number}`, 'utf8').catch(() => '')
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '0', 8)
    if ((flags & writing) !== 0) return file
  }
  return undefined
}
