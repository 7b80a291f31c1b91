import { type Destination, type PendingFile, RestituteError } from '@restitute/core'

/** When and how a destination fails. Bytes written are counted over all files together. */
export interface FaultPlan {
  /** Throws `destination-failed` (EIO) instead of writing beyond so many bytes. */
  readonly failAfterBytes?: number
  /** Throws `destination-full` (ENOSPC) instead of writing beyond so many bytes. */
  readonly fullAfterBytes?: number
  /** Throws `destination-failed` at the commit of this number, from 1. */
  readonly failCommit?: number
  /** Each read ends, without an error, at this offset of the file. */
  readonly shortRead?: number
  /** Flips the lowest bit of the byte at this offset of each file read. */
  readonly flipBit?: number
}

/** A destination that behaves like `destination` until the plan says otherwise. */
export function faultyDestination(destination: Destination, plan: FaultPlan): Destination {
  const done = { bytes: 0, commits: 0 }
  return {
    url: destination.url,
    create: async (name) => faultyFile(await destination.create(name), plan, done),
    read: (name, options = {}) => faultyRead(destination.read(name, options), options.offset ?? 0, plan),
    list: (options) => destination.list(options),
    remove: (name) => destination.remove(name),
    sweep: () => destination.sweep(),
    parentIsThere: () => destination.parentIsThere(),
    freeBytes: () => destination.freeBytes(),
  }
}

/** What was done so far on the whole destination. */
interface Done {
  bytes: number
  commits: number
}

function faultyFile(file: PendingFile, plan: FaultPlan, done: Done): PendingFile {
  return {
    write: async (chunk) => {
      done.bytes += chunk.length
      if (done.bytes > (plan.failAfterBytes ?? Infinity)) throw fault('destination-failed', 'EIO')
      if (done.bytes > (plan.fullAfterBytes ?? Infinity)) throw fault('destination-full', 'ENOSPC')
      await file.write(chunk)
    },
    commit: async () => {
      if (++done.commits === plan.failCommit) throw fault('destination-failed', 'EIO')
      await file.commit()
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}

async function* faultyRead(
  source: AsyncIterable<Uint8Array>,
  offset: number,
  plan: FaultPlan,
): AsyncIterable<Uint8Array> {
  let at = offset
  for await (const chunk of source) {
    const kept = Uint8Array.from(chunk.subarray(0, Math.max(0, (plan.shortRead ?? Infinity) - at)))
    const flipped = kept[(plan.flipBit ?? Infinity) - at]
    if (flipped !== undefined) kept[(plan.flipBit ?? Infinity) - at] = flipped ^ 1
    if (kept.length > 0) yield kept
    if (kept.length < chunk.length) return
    at += chunk.length
  }
}

function fault(code: 'destination-failed' | 'destination-full', reason: string): RestituteError {
  const cause = Object.assign(new Error(`injected ${reason}`), { code: reason })
  return new RestituteError(code, `destination: ${reason}, as planned`, { cause })
}
