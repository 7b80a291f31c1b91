import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { RestituteError, systemCode, throwIfInterrupted } from '@restitute/core'

const mostComplaint = 500

/** A command of a source's hooks. */
export interface HookCommand {
  /** For messages: the source and the hook, `guest: freeze`. */
  readonly name: string
  /** Program and arguments; no shell. */
  readonly command: readonly string[]
  readonly seconds: number
}

/**
 * Runs a command to its end, without input and with no variable of ours but PATH. Throws `source-unreachable` when it
 * fails or takes too long, with the last that it complained of; `interrupted`. It is killed then with all that it started
 * in its process group: a `fsfreeze` that a killed script left running would freeze the source after it was thawed.
 */
export async function runHook({ name, command, seconds }: HookCommand, signal?: AbortSignal): Promise<void> {
  throwIfInterrupted(signal)
  const limit = AbortSignal.timeout(seconds * 1000)
  const stop = signal ? AbortSignal.any([signal, limit]) : limit
  const [program = '', ...args] = command
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' }
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = (): void => killGroup(child)
  stop.addEventListener('abort', kill, { once: true })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + String(chunk)).slice(-mostComplaint)))
  const status = await once(child, 'exit').then(
    ([code, killedBy]) => (code ?? killedBy) as number | string,
    (error: unknown) => systemCode(error) ?? 'failed',
  )
  stop.removeEventListener('abort', kill)
  child.stderr.destroy()
  if (status === 0) return
  throwIfInterrupted(signal)
  const reason = limit.aborted ? `not done after ${seconds} s` : `ended with ${status}`
  const said = complaint.trim().split('\n').at(-1) ?? ''
  throw new RestituteError('source-unreachable', `hook ${name}: ${reason}${said && `: ${said}`}`, {
    hint: `run it by hand to see what it says: ${program}`,
  })
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
