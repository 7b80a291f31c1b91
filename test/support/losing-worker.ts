import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import { type Exporter, type Item, RestituteError } from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'
import { readingExporter } from './reading-exporter.ts'

/*
 * The real worker, of two sources that stand beside each other. The inventory of `files:<path>?held`, a snapshot that can be
 * joined for ever, stops after 600 items until it is given up; then that of `files:<path>?lost` says that its view is lost.
 * Either goes well the next time.
 */
serveWorker({
  connectorOf: async (url) => {
    const real = await connectorOf(url)
    const [plain = '', fault = ''] = url.split('?')
    const wrapped = (exporter: Exporter): Exporter =>
      fault === 'held' ? held(exporter, `${plain}.held`) : lost(exporter, plain)
    return {
      ...real,
      freeze: async (source, signal) => wrapped(await real.freeze({ ...source, url: plain }, signal)),
      join: async (source, view, signal) => wrapped(await real.join({ ...source, url: plain }, view, signal)),
    }
  },
  destinationOf,
})

function held(real: Exporter, url: string): Exporter {
  const marker = url.replace('files:', '')
  return {
    ...readingExporter(real, () => {}),
    view: { ...real.view, consistency: 'snapshot' },
    inventory: (signal) => stopping(real.inventory(signal), marker, signal),
  }
}

async function* stopping(
  items: AsyncIterable<Item>,
  marker: string,
  signal: AbortSignal,
): AsyncIterable<Item> {
  let seen = 0
  for await (const item of items) {
    if (++seen === 600 && !existsSync(marker)) {
      writeFileSync(marker, '')
      await sleep(60_000, undefined, { signal })
    }
    yield item
  }
}

function lost(real: Exporter, url: string): Exporter {
  const own = url.replace('files:', '')
  return {
    ...readingExporter(real, () => {}),
    async *inventory(signal) {
      if (existsSync(`${own}.lost`)) return yield* real.inventory(signal)
      writeFileSync(`${own}.lost`, '')
      while (!existsSync(own.replace(/[^/]*$/, 'tree.held'))) await sleep(20, undefined, { signal })
      throw new RestituteError('source-view-lost', 'fault: its view is lost')
    },
  }
}
