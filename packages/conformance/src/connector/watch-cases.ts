import { deepEqual, ok } from 'node:assert/strict'
import { type Difference, freezeAlone, type KnownItem, type SourceSpec } from '@restitute/core'
import { all, calm, streamOf } from '../check.ts'
import type { Case, ConnectorSetup, Mutation } from '../types.ts'
import { exportWhole, knownItems } from './exported.ts'

/** The watcher: nothing when nothing changed, and every kind of change. */
export function watchCases(setup: ConnectorSetup): Case[] {
  const unchanged = {
    name: 'watch: an untouched source shows no difference, and stays as it was',
    run: async () => {
      await using source = await setup.source()
      const known = await knownOf(setup, source.spec)
      const before = await source.digest()
      deepEqual(await watched(setup, source.spec, known), [])
      deepEqual(await source.digest(), before)
    },
  }
  return [unchanged, ...setup.mutations.map((mutation) => mutationCase(setup, mutation))]
}

function mutationCase(setup: ConnectorSetup, mutation: Mutation): Case {
  return {
    name: `watch: ${mutation.name}, and it shows as ${mutation.change}`,
    run: async () => {
      await using source = await setup.source()
      const known = await knownOf(setup, source.spec)
      const item = await mutation.apply(source.spec)
      shows(await watched(setup, source.spec, known), item, mutation.change)
    },
  }
}

/** Fails unless the differences hold this one. */
export function shows(differences: readonly Difference[], item: string, change: Difference['change']): void {
  const found = differences.some((one) => one.item === item && one.change === change)
  ok(found, `expected ${item} ${change}, got ${JSON.stringify(differences)}`)
}

/** Exports a source and gives its items as delivered. */
export async function knownOf({ connector }: ConnectorSetup, spec: SourceSpec): Promise<KnownItem[]> {
  await using exporter = await freezeAlone(connector, spec, calm())
  return knownItems(await exportWhole(exporter))
}

async function watched(
  { connector }: ConnectorSetup,
  spec: SourceSpec,
  known: readonly KnownItem[],
): Promise<Difference[]> {
  await using watcher = await connector.watch(spec, calm())
  return await all(watcher.differences(streamOf(known), calm()))
}
