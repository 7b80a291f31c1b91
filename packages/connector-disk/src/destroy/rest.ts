import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Difference,
  type KnownItem,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { placeOf } from './destroyer.ts'
import { namesDevice } from './device.ts'
import { type Doomed, listPath, unfinished } from './doomed.ts'

/** What a destruction that was cut short has left of a machine. */
export interface Rest {
  readonly path: string
  readonly doomed: Doomed
}

/** The rest of the machine of a source; undefined where no destruction has begun and not ended. */
export async function restOf(source: SourceSpec): Promise<Rest | undefined> {
  const path = await placeOf(source)
  const doomed = namesDevice(path) ? undefined : await unfinished(path, source)
  return doomed && { path, doomed }
}

/**
 * A chain without its leaf cannot be read as its guest saw it. All that was delivered counts as gone; as changed where a file
 * was written to since the destruction began, or another one has come.
 */
export async function* differencesOfRest(
  rest: Rest,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  const change = (await isTouched(rest)) ? 'changed' : 'removed'
  for await (const { id } of known) {
    throwIfInterrupted(signal)
    yield { item: id, change }
  }
}

async function isTouched({ path, doomed }: Rest): Promise<boolean> {
  const began = await writtenAt(listPath(path))
  const times = await Promise.all(doomed.files.map((file) => writtenAt(file.path)))
  const left = times.filter((time) => time !== undefined)
  // Files are overwritten one by one, each before its name goes.
  const untouched = doomed.how === undefined ? left : left.slice(1)
  // The system's clock for files moves in steps of some milliseconds: the same time may be after the beginning.
  return untouched.some((time) => time >= (began ?? 0n)) || (doomed.folder && (await hasOthers(path, doomed)))
}

async function writtenAt(path: string): Promise<bigint | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(ifThere)
  return stats?.mtimeNs
}

async function hasOthers(folder: string, { files }: Doomed): Promise<boolean> {
  const own = new Set(files.map((file) => file.path))
  const names = (await readdir(folder).catch(ifThere)) ?? []
  return names.some((name) => !own.has(join(folder, name)))
}

function ifThere(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}
