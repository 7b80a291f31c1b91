import type { Connector, Exporter } from './connector.ts'
import type { SourceSpec } from './source.ts'

/** Freezes a view for one caller alone: disposing of the exporter also releases the view, so that nothing is left of it. */
export async function freezeAlone(
  connector: Connector,
  source: SourceSpec,
  signal: AbortSignal,
): Promise<Exporter> {
  const exporter = await connector.freeze(source, signal, { alone: true })
  const { view } = exporter
  return {
    view,
    foreseen: async function* (asked) {
      yield* exporter.foreseen?.(asked) ?? []
    },
    inventory: (asked, passage) => exporter.inventory(asked, passage),
    shards: (items, limits) => exporter.shards(items, limits),
    read: (shard, items, asked) => exporter.read(shard, items, asked),
    async [Symbol.asyncDispose]() {
      await exporter[Symbol.asyncDispose]()
      // Not the caller's signal: what was interrupted must be tidied up, too.
      await connector.release?.(source, view, new AbortController().signal)
    },
  }
}
