import { readdir, readFile, readlink } from 'node:fs/promises'
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
 * Who else uses these files; on Linux, as far as this account may look. Hypervisors other than QEMU do not set the
 * locks that QEMU asks for.
 */
export async function useOf(files: ReadonlySet<string>, signal: AbortSignal): Promise<Use> {
  const processes = await readdir('/proc').catch(() => [])
  let read = false
  for (const number of processes.filter((name) => /^\d+$/.test(name))) {
    throwIfInterrupted(signal)
    for await (const { file, writes } of heldBy(`/proc/${number}`, files)) {
      if (writes) return { written: file, read: true }
      read ||= number !== String(process.pid)
    }
  }
  return { read }
}

/** Processes end while they are looked at: what has vanished holds nothing. */
async function* heldBy(
  process: string,
  files: ReadonlySet<string>,
): AsyncIterable<{ readonly file: string; readonly writes: boolean }> {
  for (const number of await readdir(`${process}/fd`).catch(() => [])) {
    const file = await readlink(`${process}/fd/${number}`).catch(() => '')
    if (!files.has(file)) continue
    const info = await readFile(`${process}/fdinfo/${number}`, 'utf8').catch(() => '')
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '0', 8)
    yield { file, writes: (flags & writing) !== 0 }
  }
}
