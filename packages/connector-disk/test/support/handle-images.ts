import { readFileSync, writeFileSync } from 'node:fs'
import { throwIfInterrupted } from '@restitute/core'
import { diskConnector } from '../../src/index.ts'
import { streamOf } from './carry.ts'

// Handles each image of its arguments as an export does, keeping nothing; says on a line of JSON what came of it and how
// much memory it took at most. A program of its own, so that what it may use can be limited and measured.

const signal = new AbortController().signal
const limits = { bytes: 2 ** 30, items: 10_000, partBytes: 2 ** 30 }

async function handle(url: string): Promise<number> {
  await using exporter = await diskConnector.freeze({ name: 'guest', url }, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  let bytes = 0
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    const own = items.slice(shard.first - 1, shard.last)
    for await (const entry of exporter.read(shard, streamOf(own), signal)) {
      throwIfInterrupted(signal)
      if ('path' in entry) for await (const chunk of entry.content()) bytes += chunk.length
    }
  }
  return bytes
}

function peakMegabytes(): number {
  return Math.round(Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024)
}

for (const url of process.argv.slice(2)) {
  // Begins the peak anew (proc(5), clear_refs); not a file that a limit counts.
  writeFileSync('/proc/self/clear_refs', '5')
  const outcome = await handle(url).catch(
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )
  console.log(JSON.stringify({ url, outcome, peak: peakMegabytes() }))
}
