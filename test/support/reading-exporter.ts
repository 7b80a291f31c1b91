import type { Exporter } from '../../packages/core/src/index.ts'

/** The same exporter; something is done after each entry of a shard, with their number so far. */
export function readingExporter(
  real: Exporter,
  after: (shard: string, entries: number) => void | Promise<void>,
): Exporter {
  return {
    view: real.view,
    inventory: (signal) => real.inventory(signal),
    shards: (items, limits) => real.shards(items, limits),
    async *read(shard, items, signal) {
      let entries = 0
      for await (const entry of real.read(shard, items, signal)) {
        yield entry
        await after(shard.id, ++entries)
      }
    },
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  }
}
