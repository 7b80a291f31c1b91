import { setTimeout as sleep } from 'node:timers/promises'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import type { Destination } from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'

const bytesPerMillisecond = 100

/** A worker whose destination takes its time over every byte that it writes. */
function slow(destination: Destination): Destination {
  return {
    ...destination,
    url: destination.url,
    read: (...asked) => destination.read(...asked),
    list: (...asked) => destination.list(...asked),
    remove: (name) => destination.remove(name),
    sweep: () => destination.sweep(),
    parentIsThere: () => destination.parentIsThere(),
    freeBytes: () => destination.freeBytes(),
    async create(name) {
      const pending = await destination.create(name)
      return {
        write: async (chunk) => {
          await sleep(chunk.length / bytesPerMillisecond)
          await pending.write(chunk)
        },
        commit: () => pending.commit(),
        [Symbol.asyncDispose]: () => pending[Symbol.asyncDispose](),
      }
    },
  }
}

serveWorker({ connectorOf, destinationOf: async (place) => slow(await destinationOf(place)) })
