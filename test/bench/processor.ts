import { readdir, readFile } from 'node:fs/promises'
import type { Timing } from './timed.ts'

/** What a run took, the server that it read included. */
export interface Measured extends Timing {
  /** Seconds of processor of the server. */
  readonly server: number
}

/** Times a run; the processor time of the server is that of its first process and of all its children, ended ones too. */
export async function measured(server: number, work: () => Promise<Timing>): Promise<Measured> {
  const before = await cpuOf(server)
  const timing = await work()
  return { ...timing, server: (await cpuOf(server)) - before }
}

/**
 * Seconds of processor of a server. proc(5): utime, stime and those of children that ended, in ticks of 10 ms; children
 * that live count their own.
 */
export async function cpuOf(server: number): Promise<number> {
  let ticks = 0
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const fields = await statOf(pid)
    if (pid !== String(server) && fields[1] !== String(server)) continue
    for (const field of fields.slice(11, 15)) ticks += Number(field)
  }
  return ticks / 100
}

/** From the state on; nothing of a process that has ended. */
async function statOf(pid: string): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
