import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { type Exporter, freezeAlone, type Shard } from '@restitute/core'
import { all, calm, streamOf } from '../check.ts'
import type { Case, ConnectorSetup } from '../types.ts'
import { contentBytes, type Exported, exportWhole, fingerprints, limits, throughJson } from './exported.ts'

// Design §3, "safe names": what no segment of a path may hold.
const unsafe = /[\p{Cc}%\\:*?"<>|\ufffd]|^[ .]|[ .]$|^$/u

/** Shards and entries. */
export function readCases(setup: ConnectorSetup): Case[] {
  const exported = (check: (exported: Exported, exporter: Exporter) => void | Promise<void>) => async () => {
    await using source = await setup.source()
    const before = await source.digest()
    {
      await using exporter = await freezeAlone(setup.connector, source.spec, calm())
      await check(await exportWhole(exporter), exporter)
    }
    equal(await source.digest(), before, 'the export changed the source, or left something behind')
  }
  return [
    { name: 'shards: they cover the inventory exactly, in order', run: exported(checkCoverage) },
    { name: 'shards: the same inventory is cut the same way again', run: exported(checkCutAgain) },
    {
      name: 'read: every item comes as an entry or as a loss, entries in the order of the items',
      run: exported(checkItems),
    },
    { name: 'read: every entry is exactly as long as it says', run: exported(checkSizes) },
    { name: 'read: every link names a file that came before it', run: exported(checkLinks) },
    { name: 'read: paths are safe and unique, also where case does not count', run: exported(checkPaths) },
    { name: 'read: the parts of an item are numbered from 1', run: exported(checkParts) },
    { name: 'read: a shard may be read again, with the same result', run: exported(checkReadAgain) },
    { name: 'export: the source stays as it was', run: exported(() => {}) },
  ]
}

function checkCoverage({ items, shards }: Exported): void {
  let next = 1
  for (const [i, shard] of shards.entries()) {
    const goesOn = shard.slice !== undefined && shards[i - 1]?.last === shard.first
    equal(shard.first, goesOn ? shard.last : next, `shard ${shard.id} begins at the wrong item`)
    ok(shard.last >= shard.first, `shard ${shard.id} ends before it begins`)
    next = shard.last + 1
  }
  equal(next, items.length + 1, 'the last shard does not end with the last item')
  equal(new Set(shards.map((shard) => shard.id)).size, shards.length, 'two shards have one id')
}

async function checkCutAgain({ items, shards }: Exported, exporter: Exporter): Promise<void> {
  deepEqual(throughJson(await all(exporter.shards(streamOf(items), limits))), shards)
}

/** An item without bytes may be described in a tag file alone. */
function checkItems({ items, entries, losses }: Exported): void {
  deepEqual(losses, [], 'a source of the cases loses nothing')
  const numbers = new Map(items.map((item, i) => [item.id, i]))
  const ordinals = new Map(items.map(({ id, leader }) => [id, numbers.get(leader ?? id)]))
  const seen = entries.filter(({ entry }) => entry.item !== undefined).map(({ entry }) => entry.item ?? '')
  seen.forEach((id) => ok(ordinals.has(id), `entry of an item that is not in the inventory: ${id}`))
  const order = seen.map((id) => ordinals.get(id) ?? 0)
  deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    'entries are not in the order of the items',
  )
  const missing = items.filter((item) => item.bytes > 0 && !seen.includes(item.id))
  deepEqual(missing, [], 'items without entry')
}

function checkSizes({ entries }: Exported): void {
  for (const { entry, bytes, atHand } of entries) {
    const size = contentBytes(entry)
    equal(bytes.length, size, `${entry.path}: expected ${size} bytes of content, got ${bytes.length}`)
    equal(atHand === undefined || bytes.equals(atHand), true, `${entry.path}: another content in memory`)
    equal(entry.type === 'directory' && entry.size > 0, false, `${entry.path}: a directory with content`)
  }
}

function checkLinks({ entries }: Exported): void {
  const files = new Map<string, number>()
  for (const { entry } of entries) {
    if (entry.type === 'file') files.set(entry.path, entry.size)
    if (entry.type !== 'link') continue
    equal(files.get(entry.link ?? ''), entry.size, `${entry.path}: a link to no earlier file of its size`)
  }
}

function checkPaths({ entries }: Exported): void {
  const paths = entries.map(({ entry }) => entry.path.replace(/\/$/, ''))
  for (const path of paths) {
    ok(!path.split('/').some((name) => unsafe.test(name)), `unsafe path: ${path}`)
  }
  const folded = paths.map((path) => path.normalize('NFC').toLowerCase())
  equal(new Set(folded).size, paths.length, `paths are not unique: ${folded.sort().join(', ')}`)
  for (const { entry } of entries) {
    equal(/^data(\/|$)/.test(entry.path), entry.item !== undefined, `${entry.path}: data/ is for items alone`)
  }
}

function checkParts({ entries }: Exported): void {
  const cut = entries.filter(({ part }) => part !== undefined)
  ok(cut.length > 1, `a source of the cases has an item that is cut into parts`)
  for (const [item, parts] of Map.groupBy(cut, ({ entry }) => entry.item ?? '')) {
    deepEqual(
      parts.map(({ part }) => part),
      parts.map((_, i) => i + 1),
      `parts of ${item}`,
    )
    match(item, /./)
  }
}

async function checkReadAgain(first: Exported, exporter: Exporter): Promise<void> {
  const again = await exportWhole(exporter)
  const ids = (shards: readonly Shard[]) => shards.map((shard) => shard.id)
  deepEqual(ids(again.shards), ids(first.shards))
  deepEqual(fingerprints(again.entries), fingerprints(first.entries))
}
