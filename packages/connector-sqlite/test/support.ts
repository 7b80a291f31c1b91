import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Difference, Entry, Item, Loss, RestoredEntry, SourceSpec } from '@restitute/core'
import { compareUtf8 } from '@restitute/core'
import { sqliteConnector } from '../src/index.ts'

export const signal: AbortSignal = new AbortController().signal

/** A folder that is removed when the scope ends. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'restitute-sqlite-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function spec(file: string, quiesced = false): SourceSpec {
  return { name: 'records', url: `sqlite:${file}`, ...(quiesced ? { quiesced } : {}) }
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

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const element of source) all.push(element)
  return all
}

export async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}

/** Everything that the connector gives of a database. */
export async function exportAll(file: string, partBytes = 1 << 30): Promise<Export> {
  await using exporter = await sqliteConnector.freeze(spec(file), signal)
  const items = await collect(exporter.inventory(signal))
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

async function readEntry(entry: Entry): Promise<Exported> {
  const bytes = Buffer.concat(await collect(entry.content()))
  return {
    ...entry,
    bytes,
    async *content() {
      yield bytes
    },
  }
}

/** The native script: its files joined in byte order of their paths. */
export function scriptOf(entries: readonly Exported[]): Buffer {
  const files = entries.filter((entry) => entry.path.startsWith('data/native/'))
  return Buffer.concat(files.sort((a, b) => compareUtf8(a.path, b.path)).map((entry) => entry.bytes))
}

/** Restores by the connector itself. */
export async function restore(exported: Export, file: string): Promise<void> {
  await using restorer = await sqliteConnector.restore(spec(file), signal)
  for (let phase = 0; phase < restorer.phases; phase++) {
    for (const entry of exported.entries) {
      if (restorer.phase(entry.path) === phase) await restorer.accept(entry, signal)
    }
  }
  await restorer.finish(each(exported.items), signal)
}

export function compare(file: string, items: readonly Item[]): Promise<Difference[]> {
  return collect(sqliteConnector.compare(spec(file), each(items), signal))
}

/** Loads a script by the sqlite3 program, which must not complain. */
export function shellLoad(script: Buffer, file: string): void {
  const { status, stderr } = spawnSync('sqlite3', ['-bail', file], { input: script, maxBuffer: 1 << 30 })
  if (status !== 0 || stderr.length > 0) throw new Error(`sqlite3 ${file}: ${stderr.toString()}`)
}

/** What the sqlite3 program says that a database holds. */
export function dump(file: string): Buffer {
  return execFileSync('sqlite3', ['-readonly', file, '.dump'], { maxBuffer: 1 << 30 })
}

/** Writes entries as files below a folder, as an extracted bag. */
export function writeFiles(entries: readonly Exported[], folder: string): void {
  for (const entry of entries) {
    mkdirSync(dirname(join(folder, entry.path)), { recursive: true })
    writeFileSync(join(folder, entry.path), entry.bytes)
  }
}

/** The sqlite3 program, without which claims about it cannot be tested. */
export const hasShell: boolean = spawnSync('sqlite3', ['--version']).status === 0

/** Folder with the corpus, or undefined when the shared data is missing. */
export const sharedData: string | undefined = [
  join(import.meta.dirname, '../../../../shared/data/sqlite'),
].find((path) => existsSync(path))
