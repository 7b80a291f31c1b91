import { type DirectoryEntry, extractVolume } from '@restitute/archive'
import type { DestinationOf } from '@restitute/core'
import { fileDigest, readPieces } from '@restitute/verify/threads'
import { batcher } from '../workers/batches.ts'
import type { Handlers } from '../workers/handlers.ts'
import type { ReadingCalls } from './calls.ts'

/** What a worker does when packages are read. */
export function readingHandlers(destinationOf: DestinationOf): Pick<Handlers, keyof ReadingCalls> {
  return {
    digest: async ({ place, record }, { signal, progress }) =>
      fileDigest(await destinationOf(place), record, { signal, onBytes: progress }),
    read: async ({ place, record, sessionKey }, { signal, progress, send }) => {
      const watch = { signal, onBytes: progress }
      for await (const pieces of readPieces(await destinationOf(place), record, sessionKey, watch)) {
        await send(pieces)
      }
      return null
    },
    extract: async ({ place, ...task }, { signal, progress, send }) => {
      const { add, flush } = batcher<DirectoryEntry>(send)
      const onDirectories = async (directories: readonly DirectoryEntry[]): Promise<void> => {
        for (const directory of directories) await add(directory)
      }
      const watch = { signal, onProgress: progress, onDirectories }
      const extracted = await extractVolume(await destinationOf(place), task, watch)
      await flush()
      return extracted
    },
  }
}
