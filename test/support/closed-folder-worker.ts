import { existsSync } from 'node:fs'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import type { Exporter, Item } from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'

/*
 * The real worker, for a tree in which the folder `closed/` cannot be read as soon as `<tree>.closed` exists: as an ordinary
 * user meets it, whoever runs the test.
 */
serveWorker({
  connectorOf: async (url) => {
    const real = await connectorOf(url)
    const isClosed = existsSync(`${url.replace('files:', '')}.closed`)
    const wrapped = (exporter: Exporter): Exporter => (isClosed ? closed(exporter) : exporter)
    return {
      ...real,
      freeze: async (source, signal) => wrapped(await real.freeze(source, signal)),
      join: async (source, view, signal) => wrapped(await real.join(source, view, signal)),
    }
  },
  destinationOf,
})

function closed(real: Exporter): Exporter {
  return {
    view: real.view,
    inventory: (signal) => without(real.inventory(signal)),
    shards: (items, limits) => real.shards(items, limits),
    read: (shard, items, signal) => real.read(shard, items, signal),
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  }
}

async function* without(items: AsyncIterable<Item>): AsyncIterable<Item> {
  for await (const item of items) {
    if (item.id === 'closed/') yield { ...item, lost: 'cannot be read: EACCES' }
    else if (!item.id.startsWith('closed/')) yield item
  }
}
