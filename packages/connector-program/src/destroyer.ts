import {
  asRestituteError,
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  type SourceSpec,
} from '@restitute/core'
import { Call } from './call.ts'
import { describe, fingerprintOf } from './description.ts'
import { Said } from './said.ts'

/** Has the program destroy its system. */
class ProgramDestroyer implements Destroyer {
  readonly fingerprint: string
  readonly method: DestructionMethod
  readonly #source: SourceSpec

  constructor(source: SourceSpec, fingerprint: string, method: DestructionMethod) {
    this.#source = source
    this.fingerprint = fingerprint
    this.method = method
  }

  plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    return stepsOf(this.#source, 'plan', signal)
  }

  /** The program is told which system is meant, and refuses another one. */
  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    try {
      yield* stepsOf(this.#source, 'destroy', signal)
    } catch (thrown) {
      const { code, message } = asRestituteError(thrown)
      if (code === 'interrupted') throw thrown
      throw new RestituteError('destroy-failed', message, { cause: thrown })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The destroyer of a system; throws `source-unreachable`. */
export async function openDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  const description = await describe(source, signal)
  return new ProgramDestroyer(source, fingerprintOf(description), description.method)
}

async function* stepsOf(
  source: SourceSpec,
  verb: 'plan' | 'destroy',
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  await using call = await Call.start(source, verb, {}, signal)
  call.end()
  for (let line = await call.next(); line !== undefined; line = await call.next()) {
    const said = new Said(line['step'], call.frames, 'step')
    const count = said.optionalCount('count')
    yield { action: said.text('action'), object: said.text('object'), ...(count !== undefined && { count }) }
  }
}
