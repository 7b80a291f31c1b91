import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  type Clock,
  isoTime,
  parseDuration,
  RestituteError,
  type SourceHooks,
  type SourceSpec,
} from '@restitute/core'
import { WriterLock } from '@restitute/dossier'
import type { MomentTimes } from '@restitute/manifest'
import { runHook } from './command.ts'
import { HookState } from './state.ts'

type HookName = 'freeze' | 'snapshot' | 'thaw' | 'discard'

const usualTimeout = 'PT1M'
const mostThaws = 3

/** Where what the hooks have done is written down, and who is told. */
export interface MomentPlace {
  /** The same for all that may run the hooks of the same sources. */
  readonly folder: string
  readonly clock: Clock
  readonly note?: (times: MomentTimes) => void
}

/**
 * The moment at which a source stands still (R15): its commands `freeze`, then `snapshot` and `thaw`, then what is frozen
 * or was made by `snapshot` is opened. Without a `snapshot` the source stays frozen until {@link end}: it is the source
 * itself that is read. What was frozen is thawed whatever happens; after a kill, by whoever holds the source next. A
 * snapshot stays until the source is read whole or another is taken, since an interrupted export goes on in it.
 * Does nothing for a source without hooks.
 */
export class Moment {
  readonly #name: string
  readonly #hooks: SourceHooks | undefined
  readonly #place: MomentPlace
  readonly #state: HookState
  #lock: AsyncDisposable | undefined

  constructor({ name, hooks }: SourceSpec, place: MomentPlace) {
    this.#name = name
    this.#hooks = hooks
    this.#place = place
    this.#state = new HookState(join(place.folder, `${name}.json`))
  }

  /** Keeps others from the hooks of this source, and thaws what a killed run left frozen. Throws `dossier-locked`. */
  async hold(): Promise<void> {
    if (this.#hooks === undefined) return
    await mkdir(this.#place.folder, { recursive: true, mode: 0o700 })
    this.#lock ??= await new WriterLock(join(this.#place.folder, `${this.#name}.lock`)).acquire()
    await this.thaw()
  }

  /** Brings the source to its moment and opens it; undoes all when that fails. Throws `source-unreachable`. */
  async take<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#hooks === undefined) return open()
    await this.hold()
    await this.#undo()
    try {
      await this.#begin('freeze', 'frozenAt', signal)
      await this.#begin('snapshot', 'snapshotAt', signal)
      if (this.#hooks.snapshot) await this.thaw()
      return await open()
    } catch (error) {
      await this.#undo()
      throw error
    }
  }

  /** Thaws what is frozen. */
  async thaw(): Promise<void> {
    if (this.#lock === undefined) return
    const times = await this.#state.read()
    if (times.frozenAt === undefined || times.thawedAt !== undefined) return
    await this.#thawInTries()
    await this.#write({ ...times, thawedAt: isoTime(this.#place.clock.now()) })
  }

  /** The source is read: nothing of its hooks is left. */
  async end(): Promise<void> {
    await this.#undo()
    await this.letGo()
  }

  /** Lets others at the hooks; a snapshot stays. */
  async letGo(): Promise<void> {
    try {
      await this.thaw()
    } finally {
      await this.#lock?.[Symbol.asyncDispose]()
      this.#lock = undefined
    }
  }

  async #begin(name: 'freeze' | 'snapshot', at: keyof MomentTimes, signal: AbortSignal): Promise<void> {
    if (this.#hooks?.[name] === undefined) return
    await this.#write({ ...(await this.#state.read()), [at]: isoTime(this.#place.clock.now()) })
    await this.#run(name, signal)
  }

  /** Not under the caller's signal: what was interrupted must be undone, too. */
  async #undo(): Promise<void> {
    if (this.#lock === undefined) return
    await this.thaw()
    const { snapshotAt } = await this.#state.read()
    if (snapshotAt !== undefined) await this.#run('discard')
    await this.#state.clear()
  }

  async #thawInTries(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#run('thaw')
      } catch (cause) {
        if (tries < mostThaws) await setTimeout(tries * 300)
        else throw stillFrozen(this.#name, cause)
      }
    }
  }

  async #write(times: MomentTimes): Promise<void> {
    await this.#state.write(times)
    this.#place.note?.(times)
  }

  async #run(hook: HookName, signal?: AbortSignal): Promise<void> {
    const { [hook]: command, timeout = usualTimeout } = this.#hooks ?? {}
    if (command === undefined) return
    const { seconds } = parseDuration(timeout)
    await runHook({ name: `${this.#name}: ${hook}`, command, seconds }, signal)
  }
}

function stillFrozen(name: string, cause: unknown): RestituteError {
  const reason = cause instanceof Error ? cause.message : 'failed'
  return new RestituteError('source-unreachable', `source ${name}: it may still be frozen: ${reason}`, {
    cause,
    hint: 'thaw it by hand now; the next export tries again',
  })
}
