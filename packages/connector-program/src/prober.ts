import {
  asRestituteError,
  type Prober,
  type Sighting,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { Call } from './call.ts'
import { describe, fingerprintOf } from './description.ts'
import { locationOf } from './location.ts'
import { Said } from './said.ts'

const always = 'A program of the operator looked: what was seen rests on that program.'

/** Has the program look; one that fails is `could-not-check`. */
export function openProber(source: SourceSpec): Prober {
  locationOf(source.url)
  return {
    look: async (signal) => {
      throwIfInterrupted(signal)
      try {
        return await look(source, signal)
      } catch (error) {
        throwIfInterrupted(signal)
        const { message } = asRestituteError(error)
        return { state: 'could-not-check', identity: 'unknown', looked: [message], limits: [always] }
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function look(source: SourceSpec, signal: AbortSignal): Promise<Sighting> {
  await using call = await Call.start(source, 'probe', {}, signal)
  call.end()
  const line = await call.next()
  const said = new Said(line?.['sighting'], call.frames, 'sighting')
  const state = said.oneOf('state', ['present', 'absent', 'could-not-check'])
  const [identity, looked, limits] = [said.text('identity'), said.texts('looked'), said.texts('limits')]
  await call.next()
  const seen = { identity, looked: [...looked, 'run the probe of the program'], limits: [...limits, always] }
  return state === 'present'
    ? { ...seen, state, fingerprint: fingerprintOf(await describe(source, signal)) }
    : { ...seen, state }
}
