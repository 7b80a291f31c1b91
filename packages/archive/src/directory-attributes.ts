import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { applyAttributes, type NotKept } from './attributes.ts'
import { checkSignal, chunkBytes } from './chunks.ts'
import { extracting } from './extract-files.ts'
import { linesOf } from './lines.ts'
import type { VolumeEntry } from './types.ts'

/** A directory that was extracted, and what it gets when everything is in its place. A line of the file. */
export interface DirectoryEntry {
  /** Below the target, with the source's name. */
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970, in decimal. */
  readonly modified: string
}

/** What must be remembered of an entry. */
export function directoryEntry({ source, path, mode, uid, gid, modified }: VolumeEntry): DirectoryEntry {
  return { path: join(source, path), mode, uid, gid, modified: String(modified) }
}

const ownerMayEnterAndWrite = 0o700
const longestLine = 64 * 1024

/** Owners, modes and times of extracted directories, kept in a file until everything is in its place. */
export class DirectoryAttributes {
  readonly #to: string
  readonly #file: FileHandle
  #pending = ''
  #written: Promise<void> = Promise.resolve()

  private constructor(to: string, file: FileHandle) {
    this.#to = to
    this.#file = file
  }

  /** `to`: the folder that the paths are relative to; `spool`: a file to make. */
  static async open(to: string, spool: string): Promise<DirectoryAttributes> {
    return new DirectoryAttributes(to, await extracting(to, () => open(spool, 'wx+', 0o600)))
  }

  /** Remembers directories. */
  async add(directories: readonly DirectoryEntry[]): Promise<void> {
    for (const directory of directories) this.#pending += `${JSON.stringify(directory)}\n`
    if (this.#pending.length > chunkBytes) await this.#flush()
  }

  /**
   * Applies all; directories that their owner could not enter or write to afterwards come last, deepest first.
   * `onNotKept` is told what the system would not take.
   */
  async apply(signal: AbortSignal, onNotKept: (what: NotKept) => void): Promise<void> {
    await this.#flush()
    const closing: DirectoryEntry[] = []
    const content = this.#file.createReadStream({ start: 0, autoClose: false })
    for await (const lines of linesOf(content as AsyncIterable<Uint8Array>, longestLine, 'directories')) {
      for (const line of lines) {
        checkSignal(signal)
        const directory = JSON.parse(Buffer.from(line).toString()) as DirectoryEntry
        if ((directory.mode & ownerMayEnterAndWrite) === ownerMayEnterAndWrite)
          await this.#applyOne(directory, onNotKept)
        else closing.push(directory)
      }
    }
    closing.sort((a, b) => b.path.length - a.path.length)
    for (const directory of closing) await this.#applyOne(directory, onNotKept)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  /** One after the other, since several volumes are extracted at once. */
  #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pending)
    this.#pending = ''
    this.#written = this.#written.then(() => extracting(this.#to, () => this.#file.appendFile(bytes)))
    return this.#written
  }

  async #applyOne(directory: DirectoryEntry, onNotKept: (what: NotKept) => void): Promise<void> {
    const attributes = { ...directory, modified: BigInt(directory.modified) }
    const path = join(this.#to, directory.path)
    for (const what of await extracting(this.#to, () => applyAttributes(path, attributes))) onNotKept(what)
  }
}
