import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { RestituteError, systemCode, throwIfInterrupted } from '@restitute/core'

/** What a program of QEMU may use at most. */
export interface ToolLimits {
  /** Largest file that it may write, bytes; default 0: none. */
  readonly fileBytes?: number
  /** Processor time, seconds. */
  readonly cpuSeconds?: number
}

const leastVersion = [6, 2] as const
const addressSpace = 2 * 2 ** 30
const mostOutput = 8 * 2 ** 20
const mostComplaint = 4096

let checked: Promise<void> | undefined

/** Makes sure, once, that the programs are there and new enough; throws `not-found` with the package to install. */
export function haveTools(): Promise<void> {
  checked ??= checkTools().catch((error: unknown) => {
    checked = undefined
    throw error
  })
  return checked
}

async function checkTools(): Promise<void> {
  for (const name of ['qemu-img', 'qemu-nbd']) {
    const { stdout } = await collect(start(name, ['--version'], {}), new AbortController().signal)
    const version = /(\d+)\.(\d+)(?:\.\d+)?/.exec(stdout.toString())
    const found = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)] as const
    if (found[0] > leastVersion[0] || (found[0] === leastVersion[0] && found[1] >= leastVersion[1])) continue
    throw missing(`${name}: expected version ${leastVersion.join('.')} or later, got ${found.join('.')}`)
  }
}

function missing(what: string, cause?: unknown): RestituteError {
  return new RestituteError('not-found', what, {
    cause,
    hint: 'install the package qemu-utils (Debian, Ubuntu) or qemu-img (Fedora, RHEL), and util-linux',
  })
}

/**
 * Starts a program under limits: it opens untrusted images, so it may neither write files nor take memory without
 * end, and it ends with the thread that started it.
 */
export function start(program: string, args: readonly string[], limits: ToolLimits): ChildProcess {
  const { fileBytes = 0, cpuSeconds } = limits
  const size = Number.isFinite(fileBytes) ? fileBytes : 'unlimited'
  const limited = [`--as=${addressSpace}`, '--core=0', `--fsize=${size}`]
  if (cpuSeconds !== undefined) limited.push(`--cpu=${cpuSeconds}`)
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'prlimit', ...limited, '--', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  })
}

/** What a program said, and how it ended. */
export interface ToolResult {
  readonly status: number | null
  readonly stdout: Buffer
  readonly complaint: string
}

/** Runs to the end; the signal kills. Output without end kills too, and counts as a failure. */
export async function collect(child: ChildProcess, signal: AbortSignal): Promise<ToolResult> {
  using _ = killedBy(signal, child)
  const [stdout, complaint, status] = await Promise.all([
    gathered(child.stdout, mostOutput, () => child.kill('SIGKILL')),
    complaintOf(child),
    ended(child),
  ])
  throwIfInterrupted(signal)
  return { status, stdout, complaint }
}

/** Kills a program once the signal is aborted, until disposed of. */
export function killedBy(signal: AbortSignal, child: ChildProcess): Disposable {
  const kill = (): boolean => child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', kill) }
}

/** Exit status; null when it was killed. Throws `not-found` where it could not be started. */
export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  try {
    const [status] = (await once(child, 'exit')) as [number | null]
    return statusOf(child, status)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') throw missing('setpriv: not on this machine', cause)
    throw cause
  }
}

/** prlimit ends with 127 when there is no such program. */
function statusOf(child: ChildProcess, status: number | null): number | null {
  if (status === 127) throw missing(`${child.spawnargs.at(-1 - argumentsAfter(child))}: not on this machine`)
  return status
}

function argumentsAfter(child: ChildProcess): number {
  return child.spawnargs.length - 2 - child.spawnargs.lastIndexOf('--')
}

/** The last lines that it wrote to its standard error. */
export async function complaintOf(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stderr ?? []) text = `${text}${String(chunk)}`.slice(-mostComplaint)
  return text.trim()
}

async function gathered(stream: ChildProcess['stdout'], most: number, tooMuch: () => void): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream ?? []) {
    bytes += (chunk as Buffer).length
    if (bytes > most) tooMuch()
    else chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** Runs a program to its end; gives its output, or throws with what it complained of. */
export async function runTool(
  program: string,
  args: readonly string[],
  limits: ToolLimits,
  signal: AbortSignal,
): Promise<Buffer | { readonly complaint: string }> {
  await haveTools()
  throwIfInterrupted(signal)
  const { status, stdout, complaint } = await collect(start(program, args, limits), signal)
  return status === 0 ? stdout : { complaint: lastLine(complaint) || `ended with ${status ?? 'a signal'}` }
}

/** QEMU prefixes what it says with the JSON that we gave it. */
export function lastLine(complaint: string): string {
  const line = complaint.split('\n').at(-1) ?? ''
  return line
    .replace(/^qemu-(img|nbd): /, '')
    .replace(/'json:.*?'(?=:|$)/, 'the image')
    .slice(-300)
}
