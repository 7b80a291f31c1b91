import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import {
  type Json,
  type JsonObject,
  RestituteError,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { Frames } from './frames.ts'
import { expectProgram, locationOf } from './location.ts'

/** What a program is asked to do. */
export type Verb = 'describe' | 'open' | 'inventory' | 'export' | 'restore' | 'plan' | 'destroy' | 'probe'

const patienceMs = 5_000
const abortMs = 500

/**
 * One run of a program: `PROGRAM VERB`, the request as the first line of its standard input. Disposing ends it: its
 * input is closed, then SIGTERM, then SIGKILL to its process group.
 */
export class Call implements AsyncDisposable {
  readonly frames: Frames
  readonly #path: string
  readonly #child: ChildProcess
  readonly #input: Writable
  readonly #signal: AbortSignal
  /** Aborted once the program takes no more input. */
  readonly #deaf = new AbortController()
  readonly #onAbort = (): void => {
    this.#kill('SIGTERM')
    setTimeout(() => this.#kill('SIGKILL'), abortMs).unref()
    // What it has started may hold its output open after it has ended.
    if (this.#isOver()) this.#child.stdout?.destroy()
    else this.#child.once('exit', () => this.#child.stdout?.destroy())
  }

  private constructor(path: string, child: ChildProcess, signal: AbortSignal) {
    this.#path = path
    this.#child = child
    this.#input = child.stdin as Writable
    this.#signal = signal
    // A program that does not read its input to the end is no error by itself.
    this.#input.on('error', () => {})
    this.#input.once('close', () => this.#deaf.abort())
    this.frames = new Frames(child.stdout as Readable as AsyncIterable<Uint8Array>, path)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Starts it. Throws `source-unreachable`, `usage`, `interrupted`. */
  static async start(source: SourceSpec, verb: Verb, more: JsonObject, signal: AbortSignal): Promise<Call> {
    throwIfInterrupted(signal)
    const location = locationOf(source.url)
    await expectProgram(location)
    const child = spawn(location.path, [verb], { stdio: ['pipe', 'pipe', 'ignore'], detached: true })
    try {
      await once(child, 'spawn')
    } catch (cause) {
      throw new RestituteError('source-unreachable', `program ${location.path}: it does not start`, { cause })
    }
    const call = new Call(location.path, child, signal)
    await call.send({
      ...{ protocol: 1, verb, source: source.name, parameters: { ...location.parameters } },
      ...(source.secret !== undefined && { secret: source.secret }),
      ...more,
    })
    return call
  }

  /** Writes a line. */
  async send(value: Json): Promise<void> {
    await this.write(Buffer.from(`${JSON.stringify(value)}\n`))
  }

  /** Writes bytes, waiting where the program does not take them. */
  async write(bytes: Uint8Array): Promise<void> {
    throwIfInterrupted(this.#signal)
    if (this.#input.destroyed || this.#input.write(bytes)) return
    await once(this.#input, 'drain', { signal: this.#deaf.signal }).catch(() => {})
  }

  /** Tells the program that nothing more comes. */
  end(): void {
    this.#input.end()
  }

  /**
   * The next line, or nothing once the program has said `{"done":true}` and ended with status 0. A program that ends
   * otherwise, or says `{"error":"…"}`, is `source-unreachable` or what it names.
   */
  async next(): Promise<JsonObject | undefined> {
    try {
      const line = await this.line()
      if (line !== undefined && 'error' in line) throw this.#reported(line)
      if (line !== undefined && line['done'] !== true) return line
      await this.#expectEnd(line !== undefined)
      return undefined
    } catch (error) {
      throwIfInterrupted(this.#signal)
      throw error
    }
  }

  /** The next line, whatever it says, or nothing at the end. Throws `hostile-input`, `interrupted`. */
  async line(): Promise<JsonObject | undefined> {
    try {
      const line = await this.frames.line()
      throwIfInterrupted(this.#signal)
      return line
    } catch (error) {
      throwIfInterrupted(this.#signal)
      throw error
    }
  }

  /** Exactly so many bytes of what it prints. Throws `hostile-input` when they end before, but for an interruption. */
  async *bytes(count: number): AsyncIterable<Uint8Array> {
    try {
      for await (const piece of this.frames.bytes(count)) {
        throwIfInterrupted(this.#signal)
        yield piece
      }
    } catch (error) {
      throwIfInterrupted(this.#signal)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#input.destroy()
    this.#child.stdout?.destroy()
    if (this.#isOver()) return
    const over = once(this.#child, 'exit')
    this.#kill('SIGTERM')
    const impatience = setTimeout(() => this.#kill('SIGKILL'), patienceMs)
    await over
    clearTimeout(impatience)
  }

  async #expectEnd(isDone: boolean): Promise<void> {
    this.end()
    if (!this.#isOver()) await once(this.#child, 'exit')
    throwIfInterrupted(this.#signal)
    const { exitCode } = this.#child
    if (isDone && exitCode === 0) return
    const got = exitCode === 0 ? 'no {"done":true}' : `exit ${exitCode ?? 'by a signal'}`
    throw new RestituteError(
      'source-unreachable',
      `program ${this.#path}: expected it to finish, got ${got}`,
      {
        hint: 'run it by hand to see what it prints on its standard error',
      },
    )
  }

  /** What the program says of itself, for the operator to read: it must not name patients. */
  #reported({ error }: JsonObject): RestituteError {
    const text =
      typeof error === 'string' ? error.slice(0, 500).replace(/\p{Cc}/gu, ' ') : 'an error without text'
    return new RestituteError('source-unreachable', `program ${this.#path}: ${text}`)
  }

  #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #kill(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined && !this.#isOver()) process.kill(-this.#child.pid, signal)
    } catch {
      // It has just ended.
    }
  }
}
