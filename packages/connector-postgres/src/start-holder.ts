import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { type ErrorCode, RestituteError, throwIfInterrupted } from '@restitute/core'
import type { Location } from './location.ts'
import type { HeldToken } from './view.ts'

/** What a holder is told, over its standard input: no secret is in its arguments or its environment. */
export interface HolderRequest {
  readonly location: Location
  readonly id: string
  readonly alone: boolean
}

/** What a holder answers, in one line. */
export type HolderAnswer =
  | { readonly token: HeldToken; readonly lsn: string }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint?: string } }

/** Starts the process that holds a view; it outlives this one. Throws what keeps it from doing so, `interrupted`. */
export async function startHolder(
  request: HolderRequest,
  signal: AbortSignal,
): Promise<{ token: HeldToken; lsn: string }> {
  throwIfInterrupted(signal)
  const program = new URL(`./holder${extname(import.meta.url)}`, import.meta.url)
  const child = spawn(process.execPath, ['--max-old-space-size=64', program.pathname], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
    env: {},
  })
  const stop = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', stop, { once: true })
  try {
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(request))
    const answer = await answerOf(child)
    throwIfInterrupted(signal)
    if ('error' in answer) throw new RestituteError(answer.error.code, answer.error.message, answer.error)
    return answer
  } finally {
    signal.removeEventListener('abort', stop)
    child.stdout.destroy()
    child.unref()
  }
}

async function answerOf(child: ReturnType<typeof spawn>): Promise<HolderAnswer> {
  if (!child.stdout) throw new RestituteError('internal', 'holder: started without standard output')
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')])
  if (typeof line === 'string') return JSON.parse(line) as HolderAnswer
  return { error: { code: 'source-unreachable', message: 'holder of the view: ended before it held one' } }
}
