import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  buildingPlace,
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { damagedId } from './damaged.ts'
import { integrityProblem } from './integrity.ts'
import { definitionsId } from './items.ts'
import { pathOf, realFile, sideSuffixes, statusOf, unreachable } from './location.ts'
import { readSchema } from './schema.ts'
import { allowInScript } from './script-guard.ts'
import { firstLine } from './sqlite-errors.ts'

// Twice what a part of ours can have; definitions are far smaller.
const largestScript = 64 * 1024 * 1024
const native = 'data/native/'
const rounds = ['1-definitions.sql', '2-data/', '2-system/', '3-definitions.sql']

/**
 * Rebuilds a database from the entries of the native form, in a new file beside the target that takes its name on
 * `finish`. Each part is a whole number of statements and is executed at once, inside the script's one transaction.
 * Entries of the neutral form and of damaged files are ignored. Throws `restore-failed`, `hostile-input`.
 */
class SqliteRestorer implements Restorer {
  readonly phases = rounds.length
  #target: string
  #building: string
  #db: DatabaseSync

  constructor(target: string, building: string) {
    this.#target = target
    this.#building = building
    this.#db = new DatabaseSync(this.#building, {
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: true,
      defensive: false,
      readBigInts: true,
      returnArrays: true,
    })
    // A failed build is thrown away: nothing to roll back.
    this.#db.exec('PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF')
    this.#db.setAuthorizer(allowInScript)
  }

  /** Entries that are not wanted count to round 0, and are ignored there. */
  phase(path: string): number {
    return Math.max(0, roundOf(path))
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    if (entry.type !== 'file' || roundOf(entry.path) < 0) return
    const script = await scriptOf(entry, signal)
    try {
      this.#db.exec(script)
    } catch (error) {
      throw failed(`load ${entry.path}`, error)
    }
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    if (this.#db.isTransaction) {
      throw new RestituteError('restore-failed', 'restore: expected the end of the definitions, got none')
    }
    this.#db.setAuthorizer(null)
    // The script may have changed names behind the connection's back.
    this.#db.exec('PRAGMA writable_schema=RESET')
    await this.#expect(items, signal)
    await this.#checkIntegrity(signal)
    this.#db.close()
    await promote(this.#building, this.#target)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#db.isOpen) this.#db.close()
    for (const suffix of ['', ...sideSuffixes]) await rm(this.#building + suffix, { force: true })
  }

  async #expect(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    const present = new Set(readSchema(this.#db).tables.map((table) => `table/${table.name}`))
    for await (const item of items) {
      throwIfInterrupted(signal)
      if (item.id === damagedId) throw onlyDamaged()
      if (item.id === definitionsId || item.lost !== undefined || present.has(item.id)) continue
      throw new RestituteError('restore-failed', `restore: expected ${item.id}, got no such table`)
    }
  }

  async #checkIntegrity(signal: AbortSignal): Promise<void> {
    const address = { file: this.#building, immutable: false }
    const bytes = (await statusOf(this.#building))?.size ?? 0n
    const problem = await integrityProblem(this.#db, address, bytes, signal)
    if (problem) throw new RestituteError('restore-failed', `check the restored database: ${problem}`)
  }
}

/** Starts a restoration, readable by its owner only; throws `target-not-empty`, `source-unreachable` when its folder cannot be reached. */
export async function openRestorer(target: SourceSpec): Promise<Restorer> {
  const file = await realFile(pathOf(target.url))
  await expectEmpty(file)
  const building = await buildingPlace(file, rm)
  try {
    await using _created = await open(building, 'wx', 0o600)
  } catch (error) {
    throw unreachable(building, error)
  }
  return new SqliteRestorer(file, building)
}

function roundOf(path: string): number {
  if (!path.startsWith(native)) return -1
  return rounds.findIndex((round) => path.slice(native.length).startsWith(round))
}

async function scriptOf(entry: RestoredEntry, signal: AbortSignal): Promise<string> {
  const blocks: Uint8Array[] = []
  let bytes = 0
  for await (const block of entry.content()) {
    throwIfInterrupted(signal)
    bytes += block.length
    if (bytes > largestScript) throw hostile(entry, `at most ${largestScript} bytes`)
    blocks.push(block)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(blocks))
  } catch {
    throw hostile(entry, 'text in UTF-8')
  }
}

async function expectEmpty(file: string): Promise<void> {
  for (const path of [file, ...sideSuffixes.map((suffix) => file + suffix)]) {
    const status = await statusOf(path)
    if (status && (path !== file || status.size > 0n || !status.isFile())) {
      throw new RestituteError('target-not-empty', `restore to ${file}: expected nothing there, got ${path}`)
    }
  }
}

async function promote(building: string, target: string): Promise<void> {
  try {
    await sync(building)
    await expectEmpty(target)
    await rename(building, target)
    await sync(dirname(target))
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    throw notPromoted(target, cause)
  }
}

function notPromoted(target: string, cause: unknown): RestituteError {
  const reason = systemCode(cause) ?? 'failed'
  return new RestituteError('restore-failed', `restore to ${target}: ${reason}`, {
    cause,
    hint: 'see whether the disk there is still mounted, for writing, too, then run it again',
  })
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

function hostile(entry: RestoredEntry, expected: string): RestituteError {
  return new RestituteError('hostile-input', `load ${entry.path}: expected ${expected}, got other content`)
}

function failed(attempt: string, cause: unknown): RestituteError {
  const reason = cause instanceof Error ? firstLine(cause.message) : 'failed'
  return new RestituteError('restore-failed', `${attempt}: ${reason}`, { cause })
}

function onlyDamaged(): RestituteError {
  return new RestituteError('restore-failed', 'restore: the database was delivered as damaged', {
    hint: 'extract data/damaged and try sqlite3 .recover on it',
  })
}
