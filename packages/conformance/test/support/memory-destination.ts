import { compareUtf8, type Destination, RestituteError, throwIfInterrupted } from '@restitute/core'

/** A destination in memory: the least that keeps every promise. */
export function memoryDestination(): Destination {
  const files = new Map<string, Buffer>()
  return {
    url: 'memory:',
    create: async (name) => {
      if (name.split('/').some((part) => ['', '.', '..'].includes(part)))
        throw new RestituteError('usage', name)
      const chunks: Uint8Array[] = []
      return {
        write: async (chunk) => void chunks.push(Buffer.from(chunk)),
        commit: async () => void files.set(name, Buffer.concat(chunks)),
        [Symbol.asyncDispose]: async () => {},
      }
    },
    read: async function* (name, { offset = 0, signal } = {}) {
      throwIfInterrupted(signal)
      const bytes = files.get(name)
      if (bytes === undefined) throw new RestituteError('not-found', name)
      if (bytes.length > offset) yield bytes.subarray(offset)
    },
    list: async function* ({ shallow = false } = {}) {
      for (const name of [...files.keys()].sort(compareUtf8)) {
        if (shallow && name.includes('/')) continue
        yield { name, bytes: files.get(name)?.length ?? 0 }
      }
    },
    remove: async (name) => void files.delete(name),
    sweep: async () => {},
    parentIsThere: async () => true,
    freeBytes: async () => undefined,
  }
}
