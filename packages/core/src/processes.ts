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
