import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import type { Connector, Exporter } from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'
import { readingExporter } from './reading-exporter.ts'

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
  return readingExporter(real, async (shard) => {
    if (Number(shard) > 3 && !existsSync(marker)) await die()
  })
}

async function die(): Promise<never> {
  writeFileSync(marker, '')
  while (!existsSync(`${marker}.now`)) await sleep(10)
  return process.exit(1)
}
