import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Item, SourceSpec } from '@restitute/core'
import { s3Connector } from '../../packages/connector-s3/src/index.ts'
import { streamOf } from '../../packages/connector-s3/test/support/rounds.ts'
import type { Ceph } from '../services/ceph.ts'
import { type Stage, stages } from './stages.ts'

const limits = { bytes: 2 ** 30, items: 20_000, partBytes: 2 ** 30 }
const { signal } = new AbortController()

/** What the stages of an export of a bucket cost, each alone, in processor nanoseconds for each byte of its objects. */
export async function bucketStages(
  ceph: Ceph,
  spec: SourceSpec,
  bytes: number,
  sample: readonly Buffer[],
): Promise<readonly Stage[]> {
  const [server, ours] = [await ceph.cpuSeconds(), process.cpuUsage()]
  await readAll(spec)
  const { user, system } = process.cpuUsage(ours)
  const served = (await ceph.cpuSeconds()) - server
  const stage = (name: string, seconds: number): Stage => ({
    stage: name,
    of: 'export',
    nanoseconds: (seconds * 1e9) / bytes,
  })
  const packing = (await stagesOf(sample)).filter((one) => one.of === 'export' && one.stage !== 'read')
  return [stage('the server', served), stage('ask and receive', (user + system) / 1e6), ...packing]
}

/** Reads a bucket as an export does, in this thread alone, and drops what comes. */
async function readAll(spec: SourceSpec): Promise<void> {
  await using exporter = await s3Connector.freeze(spec, signal)
  const items: Item[] = await Array.fromAsync(exporter.inventory(signal))
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    const own = streamOf(items.slice(shard.first - 1, shard.last))
    for await (const read of exporter.read(shard, own, signal)) {
      if ('lost' in read) throw new Error(`lost: ${read.lost}`)
      for await (const _ of read.content());
    }
  }
}

async function stagesOf(sample: readonly Buffer[]): Promise<readonly Stage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-bench-'))
  try {
    await Promise.all(sample.map((content, i) => writeFile(join(folder, `object-${i}.bin`), content)))
    return await stages(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
