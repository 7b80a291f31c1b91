import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Difference, Entry, Item, Loss, RestoredEntry, SourceSpec } from '@restitute/core'
import { ociConnector } from '../src/index.ts'

export const signal: AbortSignal = new AbortController().signal

/** A folder that is removed when the scope ends. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'restitute-oci-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function spec(url: string, secret?: string): SourceSpec {
  return { name: 'images', url: `oci:${url}`, ...(secret !== undefined && { secret }) }
}

/** The content of an entry, in memory. */
export interface Exported extends RestoredEntry {
  readonly bytes: Buffer
}

export interface Export {
  readonly items: Item[]
  readonly entries: Exported[]
  readonly losses: Loss[]
}

export async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}

/** Everything that the connector gives of a source. */
export async function exportAll(from: SourceSpec, partBytes = 1 << 30): Promise<Export> {
  await using exporter = await ociConnector.freeze(from, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  const result: Export = { items, entries: [], losses: [] }
  for await (const shard of exporter.shards(each(items), { bytes: 1 << 30, items: 10_000, partBytes })) {
    const own = items.slice(shard.first - 1, shard.last)
    for await (const one of exporter.read(shard, each(own), signal)) {
      if ('lost' in one) result.losses.push(one)
      else result.entries.push(await readEntry(one))
    }
  }
  return result
}

/** An entry with its content, whose digest is told as a writer does. */
export async function readEntry(entry: Entry): Promise<Exported> {
  const bytes = Buffer.concat(await Array.fromAsync(entry.content(), (chunk) => Buffer.from(chunk)))
  entry.hashed?.(createHash('sha256').update(bytes).digest('hex'))
  return { ...entry, bytes, content: () => each([bytes]) }
}

/** Restores by the connector itself. */
export async function restore(exported: Export, to: SourceSpec): Promise<void> {
  await using restorer = await ociConnector.restore(to, signal)
  for (let phase = 0; phase < restorer.phases; phase++) {
    for (const entry of exported.entries) {
      if (restorer.phase(entry.path) === phase) await restorer.accept(entry, signal)
    }
  }
  await restorer.finish(each(delivered(exported)), signal)
}

/** The items that were delivered. */
export function delivered({ items, losses }: Export): Item[] {
  const lost = new Set(losses.map(({ item }) => item))
  return items.filter((item) => item.lost === undefined && !lost.has(item.id))
}

export function compare(target: SourceSpec, exported: Export): Promise<Difference[]> {
  return Array.fromAsync(ociConnector.compare(target, each(delivered(exported)), signal))
}

/** Writes entries as files below a folder, as an extracted bag; gives the layout's folder. */
export function writeBag({ entries }: Export, folder: string): string {
  for (const entry of entries) {
    mkdirSync(dirname(join(folder, entry.path)), { recursive: true })
    writeFileSync(join(folder, entry.path), entry.bytes)
  }
  return join(folder, 'data')
}

/** Runs a program; gives what it prints. Throws when it fails. */
export function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
