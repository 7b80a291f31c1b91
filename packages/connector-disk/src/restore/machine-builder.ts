import { basename, join } from 'node:path'
import {
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  safeName,
  throwIfInterrupted,
} from '@restitute/core'
import type { DiskLine } from '../disk-lines.ts'
import type { ImageFormat } from '../image/formats.ts'
import { restoredName } from '../machine/load.ts'
import { machineId } from '../machine/machine.ts'
import type { BuiltItem } from './descriptions.ts'
import type { DiskWriter } from './disk-writer.ts'
import { createImage } from './image-writer.ts'
import { placed } from './placed.ts'
import { createRaw } from './raw-writer.ts'

/** How far an item is written. */
interface Progress {
  parts: number
  bytes: number
}

const longestLines = 64 * 2 ** 20

/** Writes the files of a machine into a folder, one after the other. */
export class MachineBuilder {
  readonly #folder: string
  readonly format: ImageFormat
  readonly #sizes = new Map<string, number>()
  readonly #names = new Map<string, string>()
  readonly #progress = new Map<string, Progress>()
  #open: { readonly item: string; readonly writer: DiskWriter } | undefined

  constructor(folder: string, format: ImageFormat) {
    this.#folder = folder
    this.format = format
  }

  /** Takes a tag file: the sizes of the disks, of which the newest package's count. */
  async learn(entry: RestoredEntry): Promise<void> {
    if (entry.size > longestLines) throw new RestituteError('hostile-input', `${entry.path}: it is too long`)
    const text = Buffer.concat(await Array.fromAsync(entry.content())).toString()
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const { name, bytes } = JSON.parse(line) as DiskLine
      if (typeof name === 'string' && Number.isSafeInteger(bytes) && bytes >= 0) this.#sizes.set(name, bytes)
    }
  }

  /** Takes the next entry of an item; parts come in their order. */
  async write(item: string, entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    if (item === machineId) return
    const writer = await this.#writerOf(item, entry, signal)
    const progress = this.#progress.get(item) ?? { parts: 0, bytes: 0 }
    if (entry.part !== undefined && entry.part !== progress.parts + 1) {
      throw failed(item, `expected part ${progress.parts + 1}, got part ${entry.part}`)
    }
    for await (const { at, bytes } of placed(entry)) {
      throwIfInterrupted(signal)
      await writer.write(progress.bytes + at, bytes)
    }
    this.#progress.set(item, { parts: progress.parts + 1, bytes: progress.bytes + entry.size })
  }

  /** Checks that everything is there; gives the items with their files. */
  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<readonly BuiltItem[]> {
    await this.#finishOpen()
    const found: BuiltItem[] = []
    for await (const item of items) {
      throwIfInterrupted(signal)
      found.push({ item, file: this.#names.get(item.id) ?? '' })
      const written = this.#progress.get(item.id)
      if (item.id === machineId || written?.bytes === item.bytes) continue
      throw failed(item.id, `expected ${item.bytes} bytes, got ${written?.bytes ?? 'nothing'}`)
    }
    return found
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.writer.close()
  }

  async #writerOf(item: string, entry: RestoredEntry, signal: AbortSignal): Promise<DiskWriter> {
    if (this.#open?.item === item) return this.#open.writer
    await this.#finishOpen()
    if (this.#progress.has(item)) throw failed(item, 'its entries do not come one after the other')
    const writer = await this.#create(item, entry, signal)
    this.#open = { item, writer }
    return writer
  }

  async #create(item: string, entry: RestoredEntry, signal: AbortSignal): Promise<DiskWriter> {
    const name = this.#nameOf(item, entry)
    this.#names.set(item, name)
    const path = join(this.#folder, name)
    if (this.format === 'raw' || !isDisk(item)) return createRaw(path)
    const size = this.#sizes.get(item)
    if (size === undefined) throw failed(item, 'the package does not say its size')
    return createImage(path, this.format, size, signal)
  }

  async #finishOpen(): Promise<void> {
    if (!this.#open) return
    const { item, writer } = this.#open
    await writer.finish(this.#progress.get(item)?.bytes ?? 0)
    await this.close()
  }

  /** A name that could lead elsewhere is made a safe one; only descriptions give such names to disks. */
  #nameOf(item: string, entry: RestoredEntry): string {
    const [, kind, name = ''] = /^(disk|file)\/(.+)$/s.exec(item) ?? []
    if (item === 'description') return `original-${safeName(basename(entry.path))}`
    if (kind === undefined) {
      throw new RestituteError(
        'hostile-input',
        `item ${JSON.stringify(item)}: not the name of a disk or file`,
      )
    }
    const file = kind === 'disk' ? `${name}.${this.format}` : name
    const plain = !/[/\0]/.test(file) && file !== '.' && file !== '..' && file !== restoredName
    return plain ? file : safeName(file.replaceAll('/', '-')).replace(restoredName, `other-${restoredName}`)
  }
}

function isDisk(item: string): boolean {
  return item.startsWith('disk/')
}

function failed(item: string, reason: string): RestituteError {
  return new RestituteError('restore-failed', `item ${item}: ${reason}`)
}
