import { lstat } from 'node:fs/promises'
import {
  fingerprintsBeside,
  type Prober,
  RestituteError,
  type Sighting,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { fingerprintOf, pathOf, realFile, sideSuffixes, statusOf } from './location.ts'

const limits = [
  'Only the names of the database and its journals were looked for, not copies under other names.',
  'What the storage device, snapshots or backups still hold cannot be seen.',
]

/** Looks for the database, where links lead to it, and its three side files. A folder that cannot be reached is `could-not-check`. */
class SqliteProber implements Prober {
  #path: string

  constructor(path: string) {
    this.#path = path
  }

  async look(signal: AbortSignal): Promise<Sighting> {
    throwIfInterrupted(signal)
    const sighting = { identity: `uid ${process.getuid?.() ?? 'unknown'}`, limits }
    try {
      const file = await realFile(this.#path)
      const names = [file, ...sideSuffixes.map((suffix) => file + suffix)]
      const present = await Promise.all(names.map(exists))
      const looked = names.map((name, i) => `lstat ${name}: ${present[i] ? 'present' : 'absent'}`)
      const state = present.includes(true) ? 'present' : 'absent'
      const others =
        state === 'absent'
          ? { others: await fingerprintsBeside(file, (real, stats) => fingerprintOf(real.toString(), stats)) }
          : {}
      return { ...sighting, state, looked, ...others, ...(await fingerprint(file)) }
    } catch (error) {
      const reason = systemCode(error instanceof RestituteError ? error.cause : error) ?? 'failed'
      return { ...sighting, state: 'could-not-check', looked: [`lstat ${this.#path}: ${reason}`] }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A prober for the database of a source. */
export function openProber(source: SourceSpec): Prober {
  return new SqliteProber(pathOf(source.url))
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

async function fingerprint(file: string): Promise<{ fingerprint?: string }> {
  const status = await statusOf(file)
  return status ? { fingerprint: fingerprintOf(file, status) } : {}
}
