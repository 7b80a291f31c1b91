import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const main = join(import.meta.dirname, '../../cli/bin/restitute.js')

/** What a run of the program gave. */
export interface CliRun {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  /** Stdout as JSON, for runs with `--json`. */
  readonly json: () => Record<string, unknown>
}

/** Arguments of Node that run the program from source. */
export function restituteArguments(args: readonly string[]): string[] {
  return ['--disable-warning=ExperimentalWarning', main, ...args]
}

/** A run of the program that has begun, to be sent signals. */
export interface StartedCli {
  readonly child: ChildProcess
  readonly done: Promise<CliRun>
}

/** Runs the `restitute` program in a process of its own, as its user would, without a terminal. */
export function restitute(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  return startRestitute(args, env).done
}

/** {@link restitute}, not yet ended. A run that is killed has the exit status -1. */
export function startRestitute(args: readonly string[], env: NodeJS.ProcessEnv = {}): StartedCli {
  const child = spawn(process.execPath, restituteArguments(args), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  return { child, done: resultOf(child) }
}

async function resultOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<CliRun> {
  const [stdout, stderr, exit] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? -1))
    }),
  ])
  return { exit, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> }
}

/** A run, and the largest resident set of its process in bytes. */
export interface MeasuredRun extends CliRun {
  readonly peakBytes: number
}

/** {@link restitute}, measured by the process itself when it ends. */
export async function measuredRestitute(args: readonly string[]): Promise<MeasuredRun> {
  const atExit =
    "process.on('exit', () => process.stderr.write(`\\npeak ${process.resourceUsage().maxRSS}\\n`))"
  const module = `data:text/javascript;base64,${Buffer.from(atExit).toString('base64')}`
  const run = await restitute(args, { NODE_OPTIONS: `--import=${module}` })
  const peaks = [...run.stderr.matchAll(/^peak (\d+)$/gm)].map(([, kilobytes]) => Number(kilobytes) * 1024)
  return { ...run, peakBytes: Math.max(...peaks) }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) text += String(chunk)
  return text
}
