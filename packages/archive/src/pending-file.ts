import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type PendingFile, RestituteError } from '@restitute/core'
import { attempting, destinationError } from './directory-errors.ts'

/** What unfinished files begin with. */
export const unfinishedPrefix = '.tmp-'

/** Begins a file at `target`; `name` is for messages. Its folder must exist. */
export async function createPendingFile(target: string, name: string): Promise<PendingFile> {
  const temporary = join(dirname(target), `${unfinishedPrefix}${randomBytes(8).toString('hex')}`)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await attempting(`creating ${name}`, () => open(temporary, flags, 0o600))
  return new DirectoryFile(handle, { temporary, target, name })
}

/** A file under a temporary name, which `commit` changes into its own. */
class DirectoryFile implements PendingFile {
  readonly #handle: FileHandle
  readonly #paths: { readonly temporary: string; readonly target: string; readonly name: string }
  #open = true
  #committed = false

  constructor(handle: FileHandle, paths: { temporary: string; target: string; name: string }) {
    this.#handle = handle
    this.#paths = paths
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.length; ) at += (await this.#handle.write(chunk, at)).bytesWritten
    } catch (thrown) {
      throw destinationError(thrown, `writing ${this.#paths.name}`)
    }
  }

  /** `not-found`, not to be tried again, when the file has vanished: the next one would be written to what lies there now. */
  async commit(): Promise<void> {
    await attempting(`finishing ${this.#paths.name}`, async () => {
      await this.#handle.sync()
      await this.#close()
      await rename(this.#paths.temporary, this.#paths.target)
      this.#committed = true
      await syncFolder(dirname(this.#paths.target))
    }).catch((thrown: unknown) => {
      throw vanished(thrown)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    if (!this.#committed) await rm(this.#paths.temporary, { force: true })
  }

  async #close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#handle.close()
  }
}

function vanished(thrown: unknown): unknown {
  if (!(thrown instanceof RestituteError) || thrown.code !== 'not-found') return thrown
  const hint =
    'what was being written there is gone: see whether its disk is still mounted, then run it again'
  return new RestituteError(thrown.code, thrown.message, { cause: thrown.cause, hint })
}

/** Node says ENOENT where a disk is read-only: the first folder that is missing, made alone, says what stands in the way. */
async function refusal(path: string, thrown: unknown): Promise<never> {
  if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  const above = dirname(path)
  const isThere = await stat(above).catch(() => undefined)
  if (isThere === undefined && above !== path) return refusal(above, thrown)
  await mkdir(path, { mode: 0o700 })
  await rmdir(path)
  throw thrown
}

/** Makes a folder and those above it (0700); each new one is on stable storage before this returns. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 }).catch((thrown: unknown) =>
    refusal(path, thrown),
  )
  if (first === undefined) return
  for (let made = path; made.length >= first.length && basename(made) !== ''; made = dirname(made)) {
    await syncFolder(dirname(made))
  }
}

/** Puts the names in a folder on stable storage. Windows cannot, and does it by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  await using folder = await open(path, constants.O_RDONLY)
  await folder.sync()
}
