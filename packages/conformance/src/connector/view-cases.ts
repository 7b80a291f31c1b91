import { deepEqual, equal, ok } from 'node:assert/strict'
import { freezeAlone } from '@restitute/core'
import { calm } from '../check.ts'
import type { Case, ConnectorSetup, Mutation } from '../types.ts'
import { contentBytes, exportWhole, fingerprints, knownItems, readShard, throughJson } from './exported.ts'

/** What a view is worth: shared between workers, and while the source lives on. */
export function viewCases(setup: ConnectorSetup): Case[] {
  const { abilities } = setup.connector
  const joining = {
    name: 'join: a worker that joins the view sees and reads the same',
    run: () => checkJoin(setup),
  }
  const living = setup.mutations.map((mutation) =>
    abilities.consistency === 'snapshot' ? snapshotCase(setup, mutation) : perItemCase(setup, mutation),
  )
  return [...(abilities.joinable ? [joining] : []), ...living]
}

async function checkJoin({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  await using exporter = await freezeAlone(connector, place.spec, calm())
  await using joined = await connector.join(throughJson(place.spec), throughJson(exporter.view), calm())
  const [here, there] = [await exportWhole(exporter), await exportWhole(joined)]
  deepEqual(there.items, here.items)
  deepEqual(there.shards, here.shards)
  deepEqual(fingerprints(there.entries), fingerprints(here.entries))
}

function snapshotCase({ connector, source }: ConnectorSetup, mutation: Mutation): Case {
  return {
    name: `snapshot: ${mutation.name}, and the view stays as it was`,
    run: async () => {
      await using place = await source()
      await using exporter = await freezeAlone(connector, place.spec, calm())
      equal(exporter.view.consistency, 'snapshot')
      const before = await exportWhole(exporter)
      await mutation.apply(place.spec)
      const after = await exportWhole(exporter)
      deepEqual(knownItems(after), knownItems(before))
      deepEqual(fingerprints(after.entries), fingerprints(before.entries))
    },
  }
}

function perItemCase({ connector, source }: ConnectorSetup, mutation: Mutation): Case {
  return {
    name: `read: ${mutation.name} after the inventory, and every item still comes as an entry or as a loss`,
    run: async () => {
      await using place = await source()
      await using exporter = await freezeAlone(connector, place.spec, calm())
      const { items, shards } = await exportWhole(exporter)
      await mutation.apply(place.spec)
      const seen = new Set<string | undefined>()
      for (const shard of shards) {
        for await (const read of readShard(exporter, shard, items)) {
          seen.add('lost' in read ? read.item : read.entry.item)
          if ('entry' in read) equal(read.bytes.length, contentBytes(read.entry), read.entry.path)
        }
      }
      items.forEach((item) => ok(item.bytes === 0 || seen.has(item.id), `item ${item.id} was passed over`))
    },
  }
}
