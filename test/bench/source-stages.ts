import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Connector, Entry, Exporter, Item, SourceSpec } from '@restitute/core'
import { cpuOf } from './processor.ts'
import { type Stage, shareReached, stages, sumOf } from './stages.ts'

/** What an export of a database comes to, stage by stage (R60). */
export interface SourceStages {
  /** Of all entries. */
  readonly bytes: number
  /** The database's own, with its server's processor time, then those of any export on what the database gives. */
  readonly stages: readonly Stage[]
}

const limits = { bytes: 256 * 2 ** 20, items: 10_000, partBytes: 16 * 2 ** 20 }
const { signal } = new AbortController()

/** Measures each stage alone, one after the other; `server`: number of the server's first process. */
export async function sourceStages(
  connector: Connector,
  spec: SourceSpec,
  server: number,
): Promise<SourceStages> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-source-stages-'))
  try {
    await using exporter = await connector.freeze(spec, signal)
    const items: Item[] = []
    const inventory = await secondsOf(server, async () => {
      for await (const item of exporter.inventory(signal)) items.push(item)
    })
    let bytes = 0
    const read = await secondsOf(server, () =>
      eachEntry(exporter, items, async (entry) => {
        for await (const chunk of entry.content()) bytes += chunk.length
      }),
    )
    await eachEntry(exporter, items, (entry) => written(folder, entry))
    await connector.release?.(spec, exporter.view, signal)
    const own = Object.entries({ inventory, read }).map(([stage, seconds]) => stageOf(stage, seconds, bytes))
    const rest = (await stages(folder)).filter(({ of, stage }) => of === 'export' && stage !== 'read')
    return { bytes, stages: [...own, ...rest] }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The stages, their sum, and the share of it that an export of `wall` seconds reached with all cores: R60 asks for 0.9. */
export function printStages({ bytes, stages: all }: SourceStages, wall: number): void {
  const reached = shareReached(all, bytes, wall)
  const parts = all.map(({ stage, nanoseconds }) => `${stage} ${nanoseconds.toFixed(2)}`).join(', ')
  console.log(`  processor ns per byte of plaintext, each stage alone: ${parts}`)
  console.log(`  together ${sumOf(all).toFixed(2)}; reached ${reached.toFixed(2)} of cores ÷ that (R60: 0.9)`)
}

function stageOf(stage: string, seconds: number, bytes: number): Stage {
  return { stage, of: 'export', nanoseconds: (seconds * 1e9) / bytes }
}

/** Seconds of processor of this process and of the server. */
async function secondsOf(server: number, work: () => Promise<void>): Promise<number> {
  const [ours, theirs] = [process.cpuUsage(), await cpuOf(server)]
  await work()
  const { user, system } = process.cpuUsage(ours)
  return (user + system) / 1e6 + (await cpuOf(server)) - theirs
}

async function eachEntry(
  exporter: Exporter,
  items: readonly Item[],
  take: (entry: Entry) => Promise<void>,
): Promise<void> {
  for await (const shard of exporter.shards(each(items), limits)) {
    const own = each(items.slice(shard.first - 1, shard.last))
    for await (const entry of exporter.read(shard, own, signal)) if (!('lost' in entry)) await take(entry)
  }
}

async function written(folder: string, entry: Entry): Promise<void> {
  const path = join(folder, entry.path)
  await mkdir(dirname(path), { recursive: true })
  await pipeline(entry.content(), createWriteStream(path))
}

async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}
