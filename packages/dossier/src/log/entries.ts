import { createReadStream } from 'node:fs'
import { appendFile, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemCode } from '@restitute/core'
import { canonicalJson, type Fingerprint, type IsoTime } from '@restitute/manifest'

/** One command that was run in a dossier (SEC-JOU): who, what, when, how it ended. No argument, no data, no secret. */
export interface LogEntry {
  /** When it ended. */
  readonly at: IsoTime
  /** Name of the command alone. */
  readonly command: string
  /** Whole seconds that it took. */
  readonly seconds: number
  readonly exit: number
  /** Code of the error that it ended with. */
  readonly error?: string
  /** The key that acted; absent for a command that asks for none. */
  readonly person?: Fingerprint
  /** Number of the system's account. */
  readonly account?: number
}

/** An entry with the line that it was read from, without its line feed. */
export interface LogLine {
  readonly entry: LogEntry
  readonly line: string
}

const monthFile = /^\d{4}-\d{2}\.jsonl$/

/**
 * Adds an entry to the technical log of a dossier: one file a month, `log/<year>-<month>.jsonl`. Lines of processes that end
 * at once do not mix, nor with one that a full disk has cut. A command that is killed leaves no entry. Throws the system's
 * error.
 */
export async function appendLogEntry(folder: string, entry: LogEntry): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const path = join(folder, `${entry.at.slice(0, 7)}.jsonl`)
  const before = (await isCut(path)) ? '\n' : ''
  await appendFile(path, `${before}${canonicalJson(entry)}\n`, { mode: 0o640 })
}

/** Whether a file ends in the middle of a line. */
async function isCut(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return false
  await using _file = file
  const { size } = await file.stat()
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
  return bytesRead === 1 && buffer[0] !== 0x0a
}

/** The months of a log, oldest first, as paths. None where there is no log. */
export async function logMonths(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return []
    throw cause
  })
  return names
    .filter((name) => monthFile.test(name))
    .sort()
    .map((name) => join(folder, name))
}

/** Every entry, month by month, in the order of their writing. Lines that are none (a crash cut them) are passed over. */
export async function* logLines(folder: string): AsyncIterable<LogLine> {
  for (const path of await logMonths(folder)) yield* linesIn(path)
}

/** The entries of one month. */
export async function* linesIn(path: string): AsyncIterable<LogLine> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const entry = entryIn(line)
    if (entry !== undefined) yield { entry, line }
  }
}

/** An entry in a line; undefined when it is none. */
export function entryIn(line: string): LogEntry | undefined {
  try {
    const value = JSON.parse(line) as Partial<LogEntry> | null
    const isEntry =
      typeof value?.at === 'string' && typeof value.command === 'string' && typeof value.exit === 'number'
    return isEntry ? (value as LogEntry) : undefined
  } catch {
    return undefined
  }
}
