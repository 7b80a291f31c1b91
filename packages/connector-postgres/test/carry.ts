import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Difference, Entry, Item, Loss, RestoredEntry, Shard, SourceSpec } from '@restitute/core'
import { expect } from 'vitest'
import type { PostgresServer } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { signal, specOf } from './support.ts'

/** As a stream. */
export async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}

/** What the connector gives of a database. */
export interface Exported {
  readonly items: Item[]
  readonly entries: RestoredEntry[]
  readonly losses: Loss[]
}

/** Everything that the connector gives of a database, also as files below `bag`. `after` is called after each shard. */
export async function exportAll(
  spec: SourceSpec,
  bag: string,
  after: (shard: Shard) => unknown = () => {},
): Promise<Exported> {
  await using exporter = await postgresConnector.freeze(spec, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  const result: Exported = { items, entries: [], losses: [] }
  const limits = { bytes: 1 << 20, items: 10_000, partBytes: 256 * 1024 }
  for await (const shard of exporter.shards(each(items), limits)) {
    for await (const one of exporter.read(shard, each(items.slice(shard.first - 1, shard.last)), signal)) {
      if ('lost' in one) result.losses.push(one)
      else result.entries.push(await kept(one, bag))
    }
    await after(shard)
  }
  await postgresConnector.release?.(spec, exporter.view, signal)
  return result
}

async function kept(entry: Entry, bag: string): Promise<RestoredEntry> {
  const bytes = Buffer.concat(await Array.fromAsync(entry.content(), (chunk) => Buffer.from(chunk)))
  expect(bytes.length).toBe(entry.size)
  mkdirSync(dirname(join(bag, entry.path)), { recursive: true })
  writeFileSync(join(bag, entry.path), bytes)
  return { ...entry, content: () => each([bytes]) }
}

/**
 * A second pass, beside which the folder `bag` is what its README says of several packages: what has the mark of before is
 * as it was in the first, whose folder `first` is.
 */
export async function exportAgain(
  before: Exported,
  first: string,
  spec: SourceSpec,
  bag: string,
): Promise<Exported> {
  const now = await exportAll(spec, `${bag}-alone`)
  const marks = new Map(before.items.map(({ id, mark }) => [id, mark]))
  const same = new Set(now.items.filter(({ id, mark }) => marks.get(id) === mark).map(({ id }) => id))
  const fresh = now.entries.filter(({ item }) => !same.has(item ?? ''))
  cpSync(first, bag, { recursive: true })
  for (const { path } of fresh)
    if (/^data\/tables/.test(path)) rmSync(dirname(join(bag, path)), { recursive: true, force: true })
  for (const entry of fresh) await kept(entry, bag)
  return { ...now, entries: [...before.entries.filter(({ item }) => same.has(item ?? '')), ...fresh] }
}

/** Rebuilds a database by ours. */
export async function restore({ entries, items }: Exported, spec: SourceSpec): Promise<void> {
  await using restorer = await postgresConnector.restore(spec, signal)
  for (let phase = 0; phase < restorer.phases; phase++) {
    for (const entry of entries)
      if (restorer.phase(entry.path) === phase) await restorer.accept(entry, signal)
  }
  await restorer.finish(each(items), signal)
}

/** How a database differs from what was exported. */
export function compare(spec: SourceSpec, items: readonly Item[]): Promise<Difference[]> {
  return Array.fromAsync(postgresConnector.compare(spec, each(items), signal))
}

/** Rebuilds a database from the folder `bag` by psql alone, as the bag's own README says. */
export function rebuiltByPsql(db: PostgresServer, database: string, bag: string): void {
  const { status, stderr } = runPsql(db, database, bag)
  expect({ status, stderr: stderr.split('\n').filter((line) => /error/i.test(line)) }).toEqual({
    status: 0,
    stderr: [],
  })
}

/** The same, whatever comes of it. */
export function runPsql(
  db: PostgresServer,
  database: string,
  bag: string,
): { status: number | null; stderr: string } {
  const connection = ['-h', db.host, '-p', String(db.port), '-U', db.user, '-d', 'postgres']
  const args = [...connection, '-q', '-v', `database=${database}`, '-f', 'restore.sql']
  return spawnSync('psql', args, { cwd: join(bag, 'data'), encoding: 'utf8' })
}

/**
 * Exported into the folder `bag`, restored by ours as `<database>_ours`, and by psql alone as the bag's own README says as
 * `<database>_psql`: both are equal to the source.
 */
export async function roundTripped(db: PostgresServer, database: string, bag: string): Promise<Exported> {
  const exported = await exportAll(specOf(db, database), bag)
  expect(exported.losses).toEqual([])
  await restore(exported, specOf(db, `${database}_ours`))
  expect(await compare(specOf(db, `${database}_ours`), exported.items)).toEqual([])
  rebuiltByPsql(db, `${database}_psql`, bag)
  expect(await compare(specOf(db, `${database}_psql`), exported.items)).toEqual([])
  return exported
}
