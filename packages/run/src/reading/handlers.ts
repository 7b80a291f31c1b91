import { type DirectoryEntry, extractVolume } from '@restitute/archive'
import { fileDigest, readPieces } from '@restitute/verify'
import type { DestinationOf } from '../destinations.ts'
import { batcher } from '../workers/batches.ts'
import type { Handlers } from '../workers/handlers.ts'
import type { ReadingCalls } from './calls.ts'

/** What a worker does when packages are read. */
export function readingHandlers(destinationOf: DestinationOf): Pick<Handlers, keyof ReadingCalls> {
  return {
    digest: ({ destinationUrl, record }, { signal, progress }) =>
      fileDigest(destinationOf(destinationUrl), record, { signal, onBytes: progress }),
    read: async ({ destinationUrl, record, sessionKey }, { signal, progress, send }) => {
      const watch = { signal, onBytes: progress }
      for await (const pieces of readPieces(destinationOf(destinationUrl), record, sessionKey, watch)) {
        await send(pieces)
      }
      return null
    },
    extract: async ({ destinationUrl, ...task }, { signal, progress, send }) => {
      const { add, flush } = batcher<DirectoryEntry>(send)
      const onDirectories = async (directories: readonly DirectoryEntry[]): Promise<void> => {
        for (const directory of directories) await add(directory)
      }
      const watch = { signal, onProgress: progress, onDirectories }
      const extracted = await extractVolume(destinationOf(destinationUrl), task, watch)
      await flush()
      return extracted
    },
  }
}
