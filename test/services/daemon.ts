import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A program that runs until it is stopped, and at the latest until the process that started it ends. */
export interface Daemon {
  readonly pid: number
  readonly alive: boolean
  /** SIGTERM, then after five seconds SIGKILL. */
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Starts a program whose output goes to a file. `pdeathsig`: a killed test leaves nothing running. */
export function startDaemon(command: readonly string[], output: string, env: NodeJS.ProcessEnv = {}): Daemon {
  const file = openSync(output, 'a')
  const args = ['--pdeathsig', 'KILL', ...command]
  const child = spawn('setpriv', args, { stdio: ['ignore', file, file], env: { ...process.env, ...env } })
  return {
    pid: child.pid ?? 0,
    get alive() {
      return isAlive(child)
    },
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isAlive(child)) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(impatience)
}

/** A port of 127.0.0.1 that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Waits until it is up; fails as soon as the daemon is dead, or after a minute. */
export async function untilUp(daemon: Daemon, name: string, isUp: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
    if (!daemon.alive) throw new Error(`${name} ended while it was starting`)
    if (await isUp().catch(() => false)) return
  }
  throw new Error(`${name} did not come up within a minute`)
}
