import type { DatabaseSync } from 'node:sqlite'
import type { Measurement } from '@restitute/manifest'
import { countItems } from '../journal/items.ts'
import { getMeta, setMeta } from '../journal/meta.ts'
import { sourceNamed, sourceRows } from '../journal/sources.ts'
import type { Job } from './job.ts'

/** Does what is done once for a source and not per volume, and keeps how long it took beside what its volumes took. */
export async function measured(
  { db }: Job,
  source: string,
  stage: 'inventory' | 'index',
  work: () => Promise<void>,
): Promise<void> {
  const started = performance.now()
  await work()
  const busySeconds = (performance.now() - started) / 1000
  const row = sourceNamed(db, source)
  if (!row) return
  const items = countItems(db, row.id)
  const nothing = { bytesIn: 0, bytesOut: 0, waitingSeconds: 0, retries: 0 }
  const one: Measurement = { stage, source, ...nothing, items, busySeconds }
  setMeta(db, `measured:${row.id}`, JSON.stringify([...measurementsOf(db, row.id), one]))
}

/** What {@link measured} has kept of every source. */
export function measuredBeside(db: DatabaseSync): Measurement[] {
  return sourceRows(db).flatMap(({ id }) => measurementsOf(db, id))
}

function measurementsOf(db: DatabaseSync, source: number): Measurement[] {
  return JSON.parse(getMeta(db, `measured:${source}`) ?? '[]') as Measurement[]
}
