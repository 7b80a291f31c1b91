import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import type { Sighting, SourceSpec } from '@restitute/core'
import { all, calm, rejects } from '../check.ts'
import type { Case, ConnectorSetup } from '../types.ts'

/** Destroyer and prober. */
export function destroyCases(setup: ConnectorSetup): Case[] {
  if (setup.connector.abilities.destruction === 'none') return []
  return [
    { name: 'destroy: the plan names steps and changes nothing', run: () => checkPlan(setup) },
    { name: 'destroy: what is gone already is no error', run: () => checkIdempotence(setup) },
    { name: 'destroy: interrupted before it began, it changes nothing', run: () => checkInterrupted(setup) },
    { name: 'destroy: another source stays as it was', run: () => checkNeighbour(setup) },
    { name: 'probe: the copy is seen before and absent after', run: () => checkProbe(setup) },
  ]
}

async function checkPlan({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  const before = await place.digest()
  await using destroyer = await connector.destroyer(place.spec, calm())
  const steps = await all(destroyer.plan(calm()))
  ok(steps.length > 0, 'the plan for a populated source is empty')
  deepEqual(await all(destroyer.plan(calm())), steps)
  ok(destroyer.method.limits.length > 0, 'a method without limits')
  equal(await place.digest(), before)
}

async function checkIdempotence({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  await using destroyer = await connector.destroyer(place.spec, calm())
  ok((await all(destroyer.destroy(calm()))).length > 0, 'the destruction of a populated source did nothing')
  const after = await place.digest()
  await all(destroyer.destroy(calm()))
  equal(await place.digest(), after)
  deepEqual(await all(destroyer.plan(calm())), [], 'something is left to destroy')
}

async function checkInterrupted({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  const before = await place.digest()
  await using destroyer = await connector.destroyer(place.spec, calm())
  await rejects(all(destroyer.destroy(AbortSignal.abort())), 'interrupted')
  equal(await place.digest(), before)
}

async function checkNeighbour({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  await using other = await source()
  const before = await other.digest()
  await using destroyer = await connector.destroyer(place.spec, calm())
  await all(destroyer.destroy(calm()))
  equal(await other.digest(), before)
}

async function checkProbe({ connector, source }: ConnectorSetup): Promise<void> {
  await using place = await source()
  const before = await place.digest()
  await using destroyer = await connector.destroyer(place.spec, calm())
  const seen = await sighting(connector, place.spec)
  equal(seen.state, 'present')
  equal(seen.fingerprint, destroyer.fingerprint, 'prober and destroyer see different copies')
  equal(await place.digest(), before, 'the prober changed something')
  await all(destroyer.destroy(calm()))
  equal((await sighting(connector, place.spec)).state, 'absent')
}

async function sighting(connector: ConnectorSetup['connector'], spec: SourceSpec): Promise<Sighting> {
  await using prober = await connector.prober(spec, calm())
  const seen = await prober.look(calm())
  notEqual(seen.identity, '')
  ok(seen.looked.length > 0 && seen.limits.length > 0, 'a sighting says how it looked and what it cannot see')
  return seen
}
