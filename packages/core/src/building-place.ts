import { createHash, randomBytes } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RestituteError, systemCode } from './errors.ts'
import { isGone, seenFrom, startOf } from './processes.ts'

/**
 * A new name beside a place, for what is built there until it is whole: `<place>.restitute-<random>-<process>`. What earlier
 * processes of this account left under such names, since they were killed, is removed first: it is in clear, and nobody
 * goes on with it. What lies there is left alone unless its process is known to be gone: one of another machine, of another container
 * or of before the machine was started anew cannot be seen from here. Throws `restore-failed` naming what cannot be removed.
 */
export async function buildingPlace(place: string, remove: (path: string) => Promise<void>): Promise<string> {
  for (const left of await deadBeside(place)) {
    await remove(left).catch((cause: unknown) => {
      throw notRemoved(left, cause)
    })
  }
  return join(dirname(place), `${prefixOf(place)}${await buildingMark()}`)
}

async function deadBeside(place: string): Promise<string[]> {
  const prefix = prefixOf(place)
  const found: string[] = []
  // A folder that may be entered but not listed tells nothing of what lies in it.
  for (const name of await readdir(dirname(place)).catch(() => [])) {
    const path = join(dirname(place), name)
    const ofDead = name.startsWith(prefix) && (await isLeftBehind(name.slice(prefix.length)))
    if (ofDead && (await isOurs(path))) found.push(path)
  }
  return found
}

/** Names have at most 255 bytes: of a longer one than this the beginning stands for it. */
const mostBytes = 180

function prefixOf(place: string): string {
  const begin = Buffer.from(basename(place)).subarray(0, mostBytes).toString()
  return `${begin.replace(/\uFFFD$/, '')}.restitute-`
}

/** For the name of what is being built: `<random>-<process>`. */
export async function buildingMark(): Promise<string> {
  return `${randomBytes(6).toString('hex')}${await ownMark()}`
}

/** Whether what has this {@link buildingMark} was left by a process that is known to be gone: one that cannot be seen from here is not. */
export async function isLeftBehind(mark: string): Promise<boolean> {
  const [, pid, started = '', seen] = marked.exec(mark) ?? []
  return seen !== undefined && seen === visibleFrom() && (await isGone(Number(pid), started))
}

const marked = /^[0-9a-f]{12}-(\d+)-(\d+)-([0-9a-f]{8})$/

/** Process, its start, and from where it is seen; nothing where the system does not tell. */
async function ownMark(): Promise<string> {
  const [started, seen] = [await startOf(process.pid), visibleFrom()]
  return started === '' || seen === undefined ? '' : `-${process.pid}-${started}-${seen}`
}

/** The same for all processes that see each other by the same numbers: those of a container, since the machine was started. */
function visibleFrom(): string | undefined {
  const seen = seenFrom()
  if (seen === undefined) return undefined
  return createHash('sha256').update(`${seen.boot}\n${seen.numbers}`).digest('hex').slice(0, 8)
}

/** In a folder that everybody may write to, somebody else may have made it, and change it while it is removed. */
async function isOurs(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  return stats?.uid === process.getuid?.()
}

function notRemoved(path: string, cause: unknown): RestituteError {
  const why = systemCode(cause) ?? 'failed'
  return new RestituteError('restore-failed', `${path}: it cannot be removed (${why})`, {
    cause,
    hint: 'it is what a restoration that was killed had built, in clear: remove it, then restore again',
  })
}
