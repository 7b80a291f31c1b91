import { equal, notEqual } from 'node:assert/strict'
import { type Exporter, freezeAlone } from '@restitute/core'
import { all, calm, rejects, streamOf } from '../check.ts'
import type { Case, ConnectorSetup } from '../types.ts'
import { exportWhole, limits, readShard } from './exported.ts'

/** Interruption and absence. */
export function failureCases(setup: ConnectorSetup): Case[] {
  const { connector, unreachable } = setup
  return [
    { name: 'interruption: freezing ends as interrupted', run: () => checkFreeze(setup) },
    { name: 'interruption: the inventory ends as interrupted', run: () => interrupted(setup, listHalf) },
    { name: 'interruption: reading ends as interrupted', run: () => interrupted(setup, readHalf) },
    { name: 'interruption: watching ends as interrupted', run: () => checkWatch(setup) },
    {
      name: 'absence: what cannot be reached is an error, never an empty source',
      run: async () => {
        await rejects(connector.freeze(unreachable, calm()), 'source-unreachable')
        await rejects(connector.watch(unreachable, calm()), 'source-unreachable')
        await rejects(connector.destroyer(unreachable, calm()), 'source-unreachable')
        await rejects(all(connector.compare(unreachable, streamOf([]), calm())), 'source-unreachable')
        await using prober = await connector.prober(unreachable, calm())
        notEqual((await prober.look(calm())).state, 'present')
      },
    },
  ]
}

async function checkFreeze({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  const before = await place.digest()
  await rejects(connector.freeze(place.spec, AbortSignal.abort()), 'interrupted')
  equal(await place.digest(), before)
}

async function checkWatch({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  await using watcher = await connector.watch(place.spec, calm())
  await rejects(all(watcher.differences(streamOf([]), AbortSignal.abort())), 'interrupted')
}

/** The work must end as interrupted, and the source must look untouched afterwards. */
async function interrupted(
  { connector, source }: ConnectorSetup,
  work: (exporter: Exporter) => Promise<void>,
): Promise<void> {
  await using place = await source()
  const before = await place.digest()
  {
    await using exporter = await freezeAlone(connector, place.spec, calm())
    await rejects(work(exporter), 'interrupted')
  }
  equal(await place.digest(), before)
}

async function listHalf(exporter: Exporter): Promise<void> {
  const stop = new AbortController()
  for await (const _ of exporter.inventory(stop.signal)) stop.abort()
}

async function readHalf(exporter: Exporter): Promise<void> {
  const { items } = await exportWhole(exporter)
  const stop = new AbortController()
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    for await (const _ of readShard(exporter, shard, items, stop.signal)) stop.abort()
  }
}
