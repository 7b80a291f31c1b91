import {
  asRestituteError,
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  type SourceSpec,
  writtenSince,
} from '@restitute/core'
import { Call } from './call.ts'
import { type Description, describe, fingerprintOf } from './description.ts'
import { Said } from './said.ts'
import { standOf } from './stand.ts'

const unseen =
  'The account that destroys may not read the system: whether something was written to it while it was compared is for the program to see.'

/** Has the program destroy the system that it described, as it stood then, and no other that came to bear its name since. */
class ProgramDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly method: DestructionMethod
  readonly #source: SourceSpec
  readonly #identity: string
  /** How it stood when it was opened, where that is known: whoever compared it may not have seen what came since. */
  readonly #stand: string | undefined
  #begun = false

  constructor(source: SourceSpec, description: Description, stand: string | undefined) {
    this.#source = source
    this.#identity = description.identity
    this.fingerprint = fingerprintOf(description)
    this.#stand = stand
    const { limits } = description.method
    this.method = { ...description.method, limits: stand === undefined ? [...limits, unseen] : limits }
  }

  plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    return this.#steps('plan', signal)
  }

  /**
   * The guards have compared fingerprints, but the parameters may lead to another system since: it is described again, and
   * the program is told the identity, for it alone can compare within the connection that it destroys by. What was written
   * since it was opened is refused.
   */
  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    try {
      if (await this.#expectSame(signal)) await this.#refuseLate(signal)
      this.#begun = true
      yield* this.#steps('destroy', signal)
    } catch (thrown) {
      const { code, message } = asRestituteError(thrown)
      if (code === 'interrupted' || code === 'destroy-failed') throw thrown
      throw new RestituteError('destroy-failed', message, { cause: thrown })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Whether it is there. */
  async #expectSame(signal: AbortSignal): Promise<boolean> {
    const now = await describeOrNot(this.#source, signal)
    if (now === undefined || now.identity === this.#identity) return now !== undefined
    throw new RestituteError(
      'destroy-failed',
      `source ${this.#source.name}: another system is there now: expected ${this.fingerprint}, got ${fingerprintOf(now)}`,
    )
  }

  async #refuseLate(signal: AbortSignal): Promise<void> {
    if (this.#begun || this.#stand === undefined) return
    if ((await standOf(this.#source, signal)) !== this.#stand)
      throw writtenSince(`destroy ${this.#source.name}: somebody wrote to it`)
  }

  async *#steps(verb: 'plan' | 'destroy', signal: AbortSignal): AsyncIterable<DestroyStep> {
    await using call = await Call.start(this.#source, verb, { identity: this.#identity }, signal)
    call.end()
    for (let line = await call.next(); line !== undefined; line = await call.next()) {
      const said = new Said(line['step'], call.frames, 'step')
      const count = said.optionalCount('count')
      const step = { action: said.text('action'), object: said.text('object') }
      yield { ...step, ...(count !== undefined && { count }) }
    }
  }
}

/** Nothing from a program whose system does not answer any more: what is gone already is no error. */
async function describeOrNot(source: SourceSpec, signal: AbortSignal): Promise<Description | undefined> {
  try {
    return await describe(source, signal)
  } catch (thrown) {
    if (asRestituteError(thrown).code !== 'source-unreachable') throw thrown
    return undefined
  }
}

/** The destroyer of a system; throws `source-unreachable`. */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const description = await describe(source, signal)
  return new ProgramDestroyer(source, description, await standOf(source, signal))
}
