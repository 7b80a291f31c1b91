import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one run of a shell command took, children included. */
export interface Timing {
  /** Seconds by the clock. */
  readonly wall: number
  /** Seconds of processor, user and system. */
  readonly cpu: number
  /** Largest resident set of any one process, in bytes. */
  readonly peak: number
}

/** Runs a command under GNU time; throws what it printed when it fails. */
export async function timed(command: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Timing> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-timed-'))
  try {
    const figures = join(folder, 'figures')
    await run(
      ['/usr/bin/time', '-o', figures, '-f', '%e %U %S %M', 'bash', '-euo', 'pipefail', '-c', command],
      cwd,
      env,
    )
    const [wall = 0, user = 0, system = 0, kilobytes = 0] = (await readFile(figures, 'utf8'))
      .trim()
      .split(/\s+/)
      .map(Number)
    return { wall, cpu: user + system, peak: kilobytes * 1024 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`exit ${code}: ${args.at(-1)}\n${said}`)
}
