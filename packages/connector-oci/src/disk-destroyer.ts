import type { Dirent } from 'node:fs'
import { lstat, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  refuseMounts,
  systemCode,
  throwIfInterrupted,
  writtenSince,
} from '@restitute/core'
import { standOnDisk } from './disk-stand.ts'
import { identify, unreachable } from './files.ts'
import type { ArchiveLocation, LayoutLocation } from './location.ts'

const method: DestructionMethod = {
  category: 'none',
  technique: 'unlink',
  limits: [
    'Deletion of the names only: the blocks on the storage device are not overwritten.',
    'A process that still has the file open keeps its content until it closes it.',
    'Snapshots, copy-on-write clones and backups of the file system are not reached.',
  ],
}

const linked = 'A file that also has a name outside the folder (hard link) keeps its content there.'

/**
 * Unlinks a layout folder with all that is in it, or an archive. Refuses (`destroy-failed`) one that was replaced or written to since,
 * an archive with other names (hard links), and a layout that reaches a folder by a link: deleting one name would leave the content.
 */
class DiskDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly method: DestructionMethod
  readonly #path: string
  readonly #isFolder: boolean
  /** Its state when it was opened: whoever compared it may not have seen what was written since. */
  readonly #stand: string

  constructor(path: string, isFolder: boolean, fingerprint: string, stand: string) {
    this.#stand = stand
    this.method = isFolder ? { ...method, limits: [...method.limits, linked] } : method
    this.#path = path
    this.#isFolder = isFolder
    this.fingerprint = fingerprint
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    throwIfInterrupted(signal)
    if (!(await this.#isThere())) return
    const inside = this.#isFolder ? await readdir(this.#path, { recursive: true, withFileTypes: true }) : []
    await refuseLinkedFolders(this.#path, inside)
    const count = this.#isFolder ? inside.filter((entry) => !entry.isDirectory()).length : 1
    yield { action: 'unlink', object: this.#path, count }
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    for await (const step of this.plan(signal)) {
      if ((await standOnDisk(this.#path, this.#isFolder, signal)) !== this.#stand)
        throw writtenSince(`delete ${this.#path}: something in it was made or changed`)
      await rm(this.#path, { recursive: this.#isFolder }).catch((cause: unknown) => {
        throw failed(this.#path, systemCode(cause) ?? 'failed', cause)
      })
      await using folder = await open(dirname(this.#path), 'r')
      await folder.sync()
      yield step
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #isThere(): Promise<boolean> {
    const stats = await lstat(this.#path).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw unreachable(this.#path, systemCode(error) ?? 'failed', error)
    })
    if (stats === undefined) return false
    const { fingerprint } = await identify(this.#path, this.#isFolder ? 'a folder' : 'a file')
    if (fingerprint !== this.fingerprint) throw failed(this.#path, 'it was replaced since')
    if (!this.#isFolder && stats.nlink !== 1)
      throw failed(this.#path, `expected one name, got ${stats.nlink} hard links`)
    return true
  }
}

/** The destroyer of what lies on disk; throws `source-unreachable`, and `destroy-failed` where something is mounted in a layout. */
export async function openDiskDestroyer(
  { kind, path }: LayoutLocation | ArchiveLocation,
  signal: AbortSignal,
): Promise<Destroyer> {
  const isFolder = kind === 'layout'
  const { real, fingerprint } = await identify(path, isFolder ? 'a folder' : 'a file')
  if (isFolder) await refuseMounts(Buffer.from(real))
  return new DiskDestroyer(real, isFolder, fingerprint, await standOnDisk(real, isFolder, signal))
}

/** Layouts of several clients may share their content that way: it was read through the link, and would stay. */
async function refuseLinkedFolders(layout: string, inside: readonly Dirent[]): Promise<void> {
  for (const entry of inside.filter((one) => one.isSymbolicLink())) {
    const path = join(entry.parentPath, entry.name)
    const target = await stat(path).catch(() => undefined)
    if (target?.isDirectory() !== true) continue
    throw new RestituteError('destroy-failed', `delete ${layout}: ${path} is a link to a folder elsewhere`, {
      hint: 'what lies there would stay, and may be used by others: put a folder with the content of this layout in the place of the link, and declare the other one as a copy',
    })
  }
}

function failed(path: string, why: string, cause?: unknown): RestituteError {
  return new RestituteError('destroy-failed', `delete ${path}: ${why}`, {
    cause,
    hint: 'find out what happened first',
  })
}
