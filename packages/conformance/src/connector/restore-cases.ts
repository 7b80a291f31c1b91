import { deepEqual, equal } from 'node:assert/strict'
import { freezeAlone, type Restorer, type SourceSpec } from '@restitute/core'
import { all, calm, rejects, streamOf } from '../check.ts'
import type { Case, ConnectorSetup, Mutation } from '../types.ts'
import { type Exported, exportWhole, knownItems, restored } from './exported.ts'
import { shows } from './watch-cases.ts'

/** Restorer and comparison. */
export function restoreCases(setup: ConnectorSetup): Case[] {
  return [
    { name: 'restore: the target equals the source', run: () => withRestored(setup, async () => {}) },
    {
      name: 'restore: a target that is not empty is refused and stays as it was',
      run: () => checkRefusal(setup),
    },
    { name: 'restore: given up before the end, it leaves nothing', run: () => checkGivenUp(setup) },
    { name: 'restore: interrupted, it ends as such and leaves nothing', run: () => checkInterrupted(setup) },
    ...setup.mutations.map((mutation) => compareCase(setup, mutation)),
  ]
}

function compareCase(setup: ConnectorSetup, mutation: Mutation): Case {
  return {
    name: `compare: ${mutation.name} in the target, and it shows as ${mutation.change}`,
    run: () =>
      withRestored(setup, async (target, exported) => {
        const delivered = knownItems(exported)
        const item = await mutation.apply(target, delivered)
        const known = streamOf(delivered)
        shows(await all(setup.connector.compare(target, known, calm())), item, mutation.change)
      }),
  }
}

async function withRestored(
  setup: ConnectorSetup,
  check: (target: SourceSpec, exported: Exported) => Promise<void>,
): Promise<void> {
  const exported = await exportOne(setup)
  await using target = await setup.target()
  {
    await using restorer = await setup.connector.restore(target.spec, calm())
    await accept(restorer, exported, calm())
    await restorer.finish(streamOf(knownItems(exported)), calm())
  }
  const differences = setup.connector.compare(target.spec, streamOf(knownItems(exported)), calm())
  deepEqual(await all(differences), [])
  await check(target.spec, exported)
}

async function exportOne({ connector, source }: ConnectorSetup): Promise<Exported> {
  await using place = await source()
  await using exporter = await freezeAlone(connector, place.spec, calm())
  return await exportWhole(exporter)
}

/** Round by round, in the order of the package within a round. */
async function accept(restorer: Restorer, { entries }: Exported, signal: AbortSignal): Promise<void> {
  for (let phase = 0; phase < restorer.phases; phase++) {
    const wanted = entries.filter(({ entry }) => restorer.phase(entry.path) === phase)
    for (const entry of wanted) await restorer.accept(restored(entry), signal)
  }
}

async function checkRefusal({ connector, source }: ConnectorSetup): Promise<void> {
  await using occupied = await source()
  const before = await occupied.digest()
  await rejects(connector.restore(occupied.spec, calm()), 'target-not-empty')
  equal(await occupied.digest(), before)
}

async function checkGivenUp(setup: ConnectorSetup): Promise<void> {
  const exported = await exportOne(setup)
  await using target = await setup.target()
  const before = await target.digest()
  {
    await using restorer = await setup.connector.restore(target.spec, calm())
    await accept(restorer, exported, calm())
  }
  equal(await target.digest(), before)
}

async function checkInterrupted(setup: ConnectorSetup): Promise<void> {
  const exported = await exportOne(setup)
  await using target = await setup.target()
  const before = await target.digest()
  {
    await using restorer = await setup.connector.restore(target.spec, calm())
    await accept(restorer, exported, calm())
    await rejects(restorer.finish(streamOf(knownItems(exported)), AbortSignal.abort()), 'interrupted')
  }
  equal(await target.digest(), before)
}
