import { existsSync, writeFileSync } from 'node:fs'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import { type Connector, type Exporter, RestituteError } from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'
import { readingExporter } from './reading-exporter.ts'

/*
 * The real worker with faults. A source URL `files:<path>?<fault>` has this fault once: `die` ends the thread in the
 * middle of a shard, `fail` throws an error that may pass; `bound` cannot be joined and `always` never stops failing.
 * It comes in the sixth shard, with `first` in the first: before that its thread has made no other. The fault `lose`, a
 * view that is lost, comes in the third when part of that is noted already.
 */
serveWorker({ connectorOf: async (url) => faulty(await connectorOf(url), url), destinationOf })

function faulty(real: Connector, url: string): Connector {
  const [plain = '', faults = ''] = url.split('?')
  const bound = faults.includes('bound')
  return {
    ...real,
    abilities: { ...real.abilities, joinable: !bound },
    freeze: async (source, signal) =>
      wrapped(await real.freeze({ ...source, url: plain }, signal), plain, faults),
    join: async (source, view, signal) =>
      wrapped(await real.join({ ...source, url: plain }, view, signal), plain, faults),
  }
}

function wrapped(real: Exporter, path: string, faults: string): Exporter {
  const marker = `${path.replace('files:', '')}.fault`
  const [faultyShard, after] = placeOf(faults)
  return readingExporter(real, (shard, entries) => {
    if (shard === faultyShard && entries === after) fault(marker, faults)
  })
}

/** Id of the shard, and after which of its entries. */
function placeOf(faults: string): [string, number] {
  if (faults.includes('lose')) return ['000003', 550]
  return [faults.includes('first') ? '000001' : '000006', 2]
}

function fault(marker: string, faults: string): void {
  if (existsSync(marker) && !faults.includes('always')) return
  writeFileSync(marker, 'x', { flag: 'a' })
  if (faults.includes('die')) process.exit(1)
  if (faults.includes('lose')) throw new RestituteError('source-view-lost', 'fault: its view is lost')
  if (faults.includes('fail')) throw new RestituteError('source-unreachable', 'fault: not reachable just now')
}
