import {
  asRestituteError,
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  type SourceSpec,
} from '@restitute/core'
import { Call } from './call.ts'
import { type Description, describe, fingerprintOf } from './description.ts'
import { Said } from './said.ts'

/** Has the program destroy the system that it described, and no other that came to bear its name since. */
class ProgramDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly method: DestructionMethod
  readonly #source: SourceSpec
  readonly #identity: string

  constructor(source: SourceSpec, description: Description) {
    this.#source = source
    this.#identity = description.identity
    this.fingerprint = fingerprintOf(description)
    this.method = description.method
  }

  plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    return this.#steps('plan', signal)
  }

  /**
   * The guards have compared fingerprints, but the parameters may lead to another system since: it is described again, and
   * the program is told the identity, for it alone can compare within the connection that it destroys by.
   */
  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    try {
      await this.#expectSame(signal)
      yield* this.#steps('destroy', signal)
    } catch (thrown) {
      const { code, message } = asRestituteError(thrown)
      if (code === 'interrupted') throw thrown
      throw new RestituteError('destroy-failed', message, { cause: thrown })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #expectSame(signal: AbortSignal): Promise<void> {
    const now = await describeOrNot(this.#source, signal)
    if (now === undefined || now.identity === this.#identity) return
    throw new RestituteError(
      'destroy-failed',
      `source ${this.#source.name}: another system is there now: expected ${this.fingerprint}, got ${fingerprintOf(now)}`,
    )
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
  return new ProgramDestroyer(source, await describe(source, signal))
}
