import { readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import {
  isAlive,
  isNumberedAlike,
  RestituteError,
  type SeenFrom,
  seenFrom,
  systemCode,
} from '@restitute/core'
import { journalPath, readDatabase } from '../journal/database.ts'
import { dropMeta, getMeta, setMeta } from '../journal/meta.ts'

/** Why a source is not read just now. */
export type Hold = 'paused' | 'window'

/** A source of a running export. */
export interface RunningSource {
  readonly source: string
  /** When its view was taken, ISO 8601; absent while none is held. */
  readonly viewTakenAt?: string
  /** How many workers may read it at once. */
  readonly workers: number
  /** Bytes per second, when it is limited. */
  readonly rate?: number
  /** Absent while it is read, or has nothing more to be read. */
  readonly hold?: Hold
}

/** A running export as other processes see it. */
export interface RunState {
  readonly package: string
  readonly pid: number
  readonly host: string
  /** Where the number is that of this process. */
  readonly seenFrom?: SeenFrom
  /** The machine's clock, milliseconds since 1970. */
  readonly heardAt: number
  /** Of the control that is in force. */
  readonly revision: number
  readonly paused: boolean
  /** It ends after the volumes in hand. */
  readonly draining: boolean
  readonly doneBytes: number
  /** 0 while the inventory still runs. */
  readonly totalBytes: number
  readonly doneItems: number
  readonly totalItems: number
  /** Over the last seconds. */
  readonly bytesPerSecond: number
  readonly sources: readonly RunningSource[]
}

/** What only the process itself can say of its state. */
export type RunFacts = Omit<RunState, 'pid' | 'host' | 'seenFrom' | 'heardAt'>

// A process number is soon given to another process: one that says nothing for so long is not ours any more.
const silentMs = 60_000

/** Says that this process runs the export. */
export function writeRun(db: DatabaseSync, facts: RunFacts): void {
  const from = seenFrom()
  const own = { pid: process.pid, host: hostname(), ...(from && { seenFrom: from }), heardAt: Date.now() }
  const state: RunState = { ...facts, ...own }
  setMeta(db, 'run', JSON.stringify(state))
}

/** Says that it has ended. */
export function endRun(db: DatabaseSync): void {
  dropMeta(db, 'run')
}

/** The export that runs in this journal, if one does. */
export function readRun(db: DatabaseSync): RunState | undefined {
  const json = getMeta(db, 'run')
  if (json === undefined) return undefined
  const state = JSON.parse(json) as RunState
  return isRunning(state) ? state : undefined
}

/**
 * The exports that run with this work folder: one at most where the dossier has one writer. Throws `access-refused` where
 * that cannot be seen: a copy that is mounted for reading alone, another account's folder.
 */
export function runningExports(workDir: string): RunState[] {
  try {
    return packagesIn(workDir).flatMap((name) => {
      using db = readDatabase(journalPath(workDir, name))
      return isBegun(db) ? (readRun(db) ?? []) : []
    })
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    throw unseen(workDir, cause)
  }
}

function unseen(workDir: string, cause: unknown): RestituteError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RestituteError('access-refused', `${workDir}: whether an export runs cannot be seen: ${why}`, {
    cause,
    hint: 'the account that exports sees it, where the dossier is mounted for writing',
  })
}

/** A process that was killed at its very start leaves a journal without tables. */
function isBegun(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'meta'`).get() !== undefined
}

function packagesIn(workDir: string): string[] {
  try {
    const folders = readdirSync(workDir, { withFileTypes: true }).filter((one) => one.isDirectory())
    return folders
      .map(({ name }) => name)
      .filter((name) => readdirSync(`${workDir}/${name}`).includes('journal.sqlite'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function isRunning({ pid, host, seenFrom, heardAt }: RunState): boolean {
  if (Date.now() - heardAt > silentMs) return false
  return host !== hostname() || !isNumberedAlike(seenFrom) || isAlive(pid)
}
