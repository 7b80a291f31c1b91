import type { Hash } from 'node:crypto'
import type { Entry } from '@restitute/core'
import { bytesOf, type Chunk, sizeOf, type Unit } from './chunks.ts'

/** What all entries of a source have in common. */
export interface EntryStamp {
  /** Of the database file, nanoseconds. */
  readonly modified: bigint
}

/** A file entry of known chunks; what is read of it goes into `hash`, too. */
export function fileEntry(o: {
  path: string
  item: string
  chunks: readonly Chunk[]
  stamp: EntryStamp
  part?: number
  hash?: Hash | undefined
}): Entry {
  const { path, item, chunks, stamp, part, hash } = o
  return {
    path,
    item,
    type: 'file',
    size: chunks.reduce((sum, chunk) => sum + sizeOf(chunk), 0),
    mode: 0o600,
    modified: stamp.modified,
    ...(part === undefined ? {} : { part }),
    async *content() {
      for (const bytes of bytesOf(chunks)) {
        hash?.update(bytes)
        yield bytes
      }
    },
  }
}

/** Where parts go, and how large they may get. */
export interface PartPlan {
  readonly folder: string
  readonly extension: string
  readonly item: string
  readonly stamp: EntryStamp
  readonly partBytes: number
  /** Whether the entries carry their number: one form of an item only can be joined by it. */
  readonly numbered: boolean
  /** Takes what is read of all parts. */
  readonly hash?: Hash
}

/** Gathers units into parts, `<folder>000001.<extension>`, …; a unit is never cut, so a part may be larger. */
export class PartWriter {
  readonly paths: string[] = []
  #plan: PartPlan
  #chunks: Chunk[] = []
  #size = 0

  constructor(plan: PartPlan) {
    this.#plan = plan
  }

  /** Yields the parts that are full. */
  *write(units: Iterable<Unit>): Iterable<Entry> {
    for (const unit of units) {
      const size = unit.reduce((sum, chunk) => sum + sizeOf(chunk), 0)
      if (this.#size > 0 && this.#size + size > this.#plan.partBytes) yield this.#take()
      this.#chunks.push(...unit)
      this.#size += size
    }
  }

  /** With what comes last, everything that is left. */
  *end(units: Iterable<Unit> = []): Iterable<Entry> {
    yield* this.write(units)
    if (this.#chunks.length > 0) yield this.#take()
  }

  #take(): Entry {
    const { folder, extension, item, stamp, numbered, hash } = this.#plan
    const part = this.paths.length + 1
    const name = `${String(part).padStart(6, '0')}.${extension}`
    this.paths.push(name)
    const chunks = this.#chunks
    this.#chunks = []
    this.#size = 0
    return fileEntry({ path: folder + name, item, chunks, stamp, hash, ...(numbered ? { part } : {}) })
  }
}
