import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { RestituteError, throwIfInterrupted } from '@restitute/core'
import { complaintOf, ended, haveTools, lastLine, start, type ToolLimits } from '../tools.ts'
import { NbdConnection } from './connection.ts'

/** A `qemu-nbd` of our own with one connection to it. */
export interface NbdServer extends AsyncDisposable {
  readonly connection: NbdConnection
}

const patienceMs = 20_000
const pauseMs = 10
/** A unix socket's path has at most 107 bytes. */
const longestFolder = 70

/**
 * Serves what `args` say on a unix socket in a folder that nobody else may enter. The server ends with its only
 * connection, or with this thread. Throws `not-found` without QEMU; an `Error` with QEMU's words when it will not open
 * the image.
 */
export async function serve(
  args: readonly string[],
  limits: ToolLimits,
  signal: AbortSignal,
): Promise<NbdServer> {
  await haveTools()
  throwIfInterrupted(signal)
  const base = Buffer.byteLength(tmpdir()) > longestFolder ? '/tmp' : tmpdir()
  const folder = await mkdtemp(join(base, 'restitute-nbd-'))
  const socket = join(folder, 'socket')
  const child = start('qemu-nbd', ['--socket', socket, ...args], limits)
  const state: { over?: string } = {}
  const over = Promise.all([ended(child), complaintOf(child)]).then(
    ([, complaint]) => void (state.over = lastLine(complaint) || 'it ended'),
    (error: Error) => void (state.over = error.message),
  )
  const stop = async (how: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(how)
    await over
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const connection = await connect(socket, state, signal)
    return {
      connection,
      async [Symbol.asyncDispose]() {
        connection.close()
        await stop('SIGTERM')
      },
    }
  } catch (error) {
    // A server that has its socket and not yet entered its loop forgets that it was asked to end.
    await stop('SIGKILL')
    throw error
  }
}

async function connect(
  socket: string,
  state: { readonly over?: string },
  signal: AbortSignal,
): Promise<NbdConnection> {
  for (let waited = 0; waited < patienceMs; waited += pauseMs) {
    throwIfInterrupted(signal)
    if (state.over !== undefined) throw new Error(state.over)
    const connection = await NbdConnection.open(socket).catch(() => undefined)
    if (connection) return connection
    await setTimeout(pauseMs)
  }
  throw new RestituteError('source-unreachable', 'qemu-nbd: it does not answer')
}
