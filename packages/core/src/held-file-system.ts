import { open } from 'node:fs/promises'
import { systemCalls } from './system-calls.ts'

/** The file system in which a folder lies, held by whoever writes there. */
export interface HeldFileSystem extends AsyncDisposable {
  /** Puts all that was written on stable storage; throws when any write since it was held has failed. */
  flush(): void
}

/**
 * Holds the file system of a folder, to be flushed once for many files: one after the other would take many times as long as to write
 * them. To be held before the first is written, since the system tells what it could not write to who was there. Where
 * the call cannot be had, nothing is flushed: the system does it in its own time.
 */
export async function holdFileSystem(folder: string | Buffer): Promise<HeldFileSystem> {
  const system = systemCalls()
  if (system === undefined) return { flush: () => {}, [Symbol.asyncDispose]: async () => {} }
  const handle = await open(folder, 'r')
  return {
    flush: () => system.syncFileSystem(handle.fd),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
