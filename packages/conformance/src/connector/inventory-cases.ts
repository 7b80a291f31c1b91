import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { compareUtf8, freezeAlone, type Item } from '@restitute/core'
import { all, calm } from '../check.ts'
import type { Case, ConnectorSetup } from '../types.ts'

/** View and inventory. */
export function inventoryCases(setup: ConnectorSetup): Case[] {
  const { connector } = setup
  return [
    {
      name: 'inventory: ids are unique and ascend by their UTF-8 bytes, every item is well formed',
      run: async () => {
        const items = await inventoryOf(setup)
        ok(items.length >= 5, `a source of the cases has at least five items, got ${items.length}`)
        items.forEach((item, i) => checkItem(item, items[i - 1], connector.abilities.digestsAtInventory))
      },
    },
    {
      name: 'inventory: within a view it is the same each time',
      run: async () => {
        await using source = await setup.source()
        await using exporter = await freezeAlone(connector, source.spec, calm())
        deepEqual(await all(exporter.inventory(calm())), await all(exporter.inventory(calm())))
      },
    },
    {
      name: 'view: the fingerprint stays while the source lives and changes, and differs from another source',
      run: () => checkFingerprint(setup),
    },
    {
      name: 'view: it says its point, its time and its consistency',
      run: async () => {
        await using source = await setup.source()
        await using exporter = await freezeAlone(connector, source.spec, calm())
        match(exporter.view.takenAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
        match(exporter.view.fingerprint, /^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}$/)
        notEqual(exporter.view.point, '')
      },
    },
  ]
}

async function inventoryOf(setup: ConnectorSetup): Promise<Item[]> {
  await using source = await setup.source()
  await using exporter = await freezeAlone(setup.connector, source.spec, calm())
  return await all(exporter.inventory(calm()))
}

function checkItem(item: Item, before: Item | undefined, digests: boolean): void {
  ok(before === undefined || compareUtf8(before.id, item.id) < 0, `item ${item.id} comes after ${before?.id}`)
  equal(item.id.isWellFormed(), true, `item ${item.id}: its id is not well formed`)
  ok(Number.isSafeInteger(item.bytes) && item.bytes >= 0, `item ${item.id}: ${item.bytes} bytes`)
  equal(
    item.lost,
    undefined,
    `item ${item.id}: ${item.lost}; everything in a source of the cases is deliverable`,
  )
  if (item.digest !== undefined) match(item.digest, /^[0-9a-f]{64}$/)
  ok(!digests || item.bytes === 0 || item.digest !== undefined, `item ${item.id}: no digest at inventory`)
}

async function checkFingerprint({ connector, source, mutations }: ConnectorSetup): Promise<void> {
  await using first = await source()
  await using second = await source()
  const fingerprint = async (spec: typeof first.spec): Promise<string> => {
    await using exporter = await freezeAlone(connector, spec, calm())
    return exporter.view.fingerprint
  }
  const before = await fingerprint(first.spec)
  for (const mutation of mutations) await mutation.apply(first.spec)
  equal(await fingerprint(first.spec), before)
  notEqual(await fingerprint(second.spec), before)
}
