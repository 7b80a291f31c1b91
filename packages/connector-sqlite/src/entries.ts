import type { Entry } from '@restitute/core'
import { bytesOf, type Chunk, sizeOf, type Unit } from './chunks.ts'

const partBytes = 16 * 1024 * 1024

/** What all entries of a source have in common. */
export interface EntryStamp {
  /** Of the database file, nanoseconds. */
  readonly modified: bigint
}

/** A file entry of known chunks. */
export function fileEntry(o: {
  path: string
  item: string
  chunks: readonly Chunk[]
  stamp: EntryStamp
  part?: number
}): Entry {
  const { path, item, chunks, stamp, part } = o
  return {
    path,
    item,
    type: 'file',
    size: chunks.reduce((sum, chunk) => sum + sizeOf(chunk), 0),
    mode: 0o600,
    modified: stamp.modified,
    ...(part === undefined ? {} : { part }),
    async *content() {
      yield* bytesOf(chunks)
    },
  }
}

/** Gathers units into parts of about 16 MiB, `<folder>000001.<extension>`, …; a unit is never cut. */
export class PartWriter {
  readonly paths: string[] = []
  #folder: string
  #extension: string
  #item: string
  #stamp: EntryStamp
  #chunks: Chunk[] = []
  #size = 0

  constructor(o: { folder: string; extension: string; item: string; stamp: EntryStamp }) {
    this.#folder = o.folder
    this.#extension = o.extension
    this.#item = o.item
    this.#stamp = o.stamp
  }

  /** Yields the parts that are full. */
  *write(units: Iterable<Unit>): Iterable<Entry> {
    for (const unit of units) {
      const size = unit.reduce((sum, chunk) => sum + sizeOf(chunk), 0)
      if (this.#size > 0 && this.#size + size > partBytes) yield this.#take()
      this.#chunks.push(...unit)
      this.#size += size
    }
  }

  /** The last part, if anything is left. */
  *end(): Iterable<Entry> {
    if (this.#chunks.length > 0) yield this.#take()
  }

  #take(): Entry {
    const part = this.paths.length + 1
    const name = `${String(part).padStart(6, '0')}.${this.#extension}`
    this.paths.push(name)
    const [chunks, path] = [this.#chunks, this.#folder + name]
    this.#chunks = []
    this.#size = 0
    return fileEntry({ path, item: this.#item, chunks, stamp: this.#stamp, part })
  }
}
