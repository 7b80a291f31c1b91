import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import type { Connector, Exporter } from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'

/*
 * The real worker, whose thread ends once, in the middle of a shard. `RESTITUTE_TEST_DYING` names a file that it makes
 * when it has come so far; it ends when there is another beside it, `<file>.now`.
 */
serveWorker({ connectorOf: async (url) => dying(await connectorOf(url)), destinationOf })

const marker = process.env['RESTITUTE_TEST_DYING'] ?? ''

function dying(real: Connector): Connector {
  return {
    ...real,
    freeze: async (...args) => wrapped(await real.freeze(...args)),
    join: async (...args) => wrapped(await real.join(...args)),
  }
}

function wrapped(real: Exporter): Exporter {
  return {
    view: real.view,
    inventory: (signal) => real.inventory(signal),
    shards: (items, limits) => real.shards(items, limits),
    async *read(shard, items, signal) {
      for await (const entry of real.read(shard, items, signal)) {
        yield entry
        if (Number(shard.id) > 3 && !existsSync(marker)) await die()
      }
    },
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  }
}

async function die(): Promise<never> {
  writeFileSync(marker, '')
  while (!existsSync(`${marker}.now`)) await sleep(10)
  return process.exit(1)
}
