import { chmod, type FileHandle, open, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { checkSignal, chunkBytes } from './chunks.ts'
import { extracting, safeMode, secondsOf } from './extract-files.ts'
import { linesOf } from './lines.ts'
import type { VolumeEntry } from './types.ts'

interface Attributes {
  readonly path: string
  readonly mode: number
  readonly seconds: number
}

const ownerMayEnterAndWrite = 0o700
const longestLine = 64 * 1024

/** Modes and times of extracted directories, kept in a file until everything is in its place. */
export class DirectoryAttributes {
  readonly #to: string
  readonly #file: FileHandle
  #pending = ''

  private constructor(to: string, file: FileHandle) {
    this.#to = to
    this.#file = file
  }

  /** `to`: the folder that the paths are relative to; `spool`: a file to make. */
  static async open(to: string, spool: string): Promise<DirectoryAttributes> {
    return new DirectoryAttributes(to, await extracting(to, () => open(spool, 'wx+', 0o600)))
  }

  /** Remembers a directory. */
  async add(entry: VolumeEntry): Promise<void> {
    const line: Attributes = {
      path: join(entry.source, entry.path),
      mode: safeMode(entry.mode),
      seconds: secondsOf(entry.modified),
    }
    this.#pending += `${JSON.stringify(line)}\n`
    if (this.#pending.length > chunkBytes) await this.#flush()
  }

  /** Applies all; directories that their owner could not enter or write to afterwards come last, deepest first. */
  async apply(signal: AbortSignal): Promise<void> {
    await this.#flush()
    const closing: Attributes[] = []
    const content = this.#file.createReadStream({ start: 0, autoClose: false })
    for await (const line of linesOf(content as AsyncIterable<Uint8Array>, longestLine, 'directories')) {
      checkSignal(signal)
      const directory = JSON.parse(Buffer.from(line).toString()) as Attributes
      if ((directory.mode & ownerMayEnterAndWrite) === ownerMayEnterAndWrite) await this.#applyOne(directory)
      else closing.push(directory)
    }
    closing.sort((a, b) => b.path.length - a.path.length)
    for (const directory of closing) await this.#applyOne(directory)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pending)
    this.#pending = ''
    await extracting(this.#to, () => this.#file.appendFile(bytes))
  }

  async #applyOne({ path, mode, seconds }: Attributes): Promise<void> {
    await extracting(this.#to, async () => {
      await utimes(join(this.#to, path), seconds, seconds)
      await chmod(join(this.#to, path), mode)
    })
  }
}
