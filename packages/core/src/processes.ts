import { readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { systemCode } from './errors.ts'

/** When a process of this machine began, in the kernel's ticks; empty where the system does not tell. */
export async function startOf(pid: number): Promise<string> {
  return (await kernelOn(pid))?.started ?? ''
}

/**
 * Whether the process that had this number, and began at that moment ({@link startOf}), is gone from this machine. False where
 * that cannot be told.
 */
export async function isGone(pid: number, started: string): Promise<boolean> {
  if (!isAlive(pid)) return true
  const now = await kernelOn(pid)
  if (now === undefined) return false
  // One that was killed keeps its number until whoever started it has asked how it ended, which may be never.
  return now.state === 'Z' || now.state === 'X' || (started !== '' && now.started !== started)
}

/** Where a process is seen by its number. */
export interface SeenFrom {
  /** This one start of the machine. */
  readonly boot: string
  /** The numbers of the machine itself, or of one container. */
  readonly numbers: string
}

/** The numbers of the machine itself, whenever it was started. */
const ofTheMachine = 'pid:[4026531836]'

/** From where this process is seen; undefined where the system does not tell. */
export function seenFrom(): SeenFrom | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { boot, numbers: readlinkSync('/proc/self/ns/pid') }
  } catch {
    return undefined
  }
}

/** Whether a process that said from where it is seen has the same number here. */
export function isNumberedAlike(seen: SeenFrom | undefined): boolean {
  // Earlier versions did not say.
  return seen === undefined || seen.numbers === (seenFrom()?.numbers ?? seen.numbers)
}

/**
 * {@link isGone} of a process that said from where it is seen ({@link seenFrom}). False for one of another container, which
 * cannot be seen from here; true for one of the machine itself from before that was started anew.
 */
export async function isGoneFrom(seen: SeenFrom | undefined, pid: number, started: string): Promise<boolean> {
  const here = seenFrom()
  if (!isNumberedAlike(seen)) return false
  if (seen === undefined || here === undefined) return isGone(pid, started)
  return seen.boot === here.boot ? isGone(pid, started) : here.numbers === ofTheMachine
}

/** Whether a process of this number lives on this machine, be it somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return systemCode(thrown) !== 'ESRCH'
  }
}

/** The state of a process, and when it began; undefined where the system does not tell. */
async function kernelOn(pid: number): Promise<{ state: string; started: string } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field, the name, may itself hold spaces and parentheses; the third is the state, the 22nd the start.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  const [state = '', started = ''] = [fields[0], fields[19]]
  return started === '' ? undefined : { state, started }
}
