import {
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { Call } from './call.ts'

/** Hands entries to the program, which rebuilds the system and promotes it once it has heard `{"finish":true}`. */
class ProgramRestorer implements Restorer {
  readonly phases = 1
  readonly #call: Call
  #isOver = false

  constructor(call: Call) {
    this.#call = call
  }

  phase(): number {
    return 0
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    if (entry.type !== 'file' || entry.item === undefined) return
    const { item, path, size, part } = entry
    await this.#call.send({ entry: { item, path, size, ...(part !== undefined && { part }) } })
    for await (const chunk of entry.content()) {
      throwIfInterrupted(signal)
      await this.#call.write(chunk)
    }
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    for await (const { id, kind, bytes } of items) {
      throwIfInterrupted(signal)
      await this.#call.send({ expect: { id, kind, bytes } })
    }
    await this.#call.send({ finish: true })
    this.#call.end()
    try {
      while ((await this.#call.next()) !== undefined) throwIfInterrupted(signal)
      this.#isOver = true
    } catch (cause) {
      throwIfInterrupted(signal)
      const why = cause instanceof Error ? cause.message : 'failed'
      throw new RestituteError('restore-failed', why, { cause })
    }
  }

  /** Without `finish`, the program sees the end of its input and has to leave nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) {
      this.#call.end()
      await this.#call.next().catch(() => {})
    }
    await this.#call[Symbol.asyncDispose]()
  }
}

/** Starts a restoration; the program says first whether its target is empty. Throws `target-not-empty`. */
export async function openRestorer(target: SourceSpec, signal: AbortSignal): Promise<Restorer> {
  const call = await Call.start(target, 'restore', {}, signal)
  try {
    const line = await call.next()
    if (line?.['ready'] === true) return new ProgramRestorer(call)
    if (line?.['occupied'] !== true)
      throw call.frames.broken('{"ready":true} or {"occupied":true}', 'something else')
    throw new RestituteError(
      'target-not-empty',
      `restore to ${target.name}: the program says that its target is not empty`,
    )
  } catch (error) {
    await call[Symbol.asyncDispose]()
    throw error
  }
}
