import fc from 'fast-check'
import { destructionGuards } from '../../packages/dossier/src/index.ts'
import { act, sequences } from './commands.ts'
import { allows, first } from './model.ts'
import { World } from './world.ts'

const length = 50

/** How many times the guards were asked, and how often they allowed it. */
export interface Tally {
  asked: number
  allowed: number
}

/** Random histories of at least so many steps; after each the guards must say what the model says. Throws else. */
export function runModel(steps: number, seed?: number): Tally {
  const tally = { asked: 0, allowed: 0 }
  const property = fc.property(sequences(length), (history) => {
    const [model, world] = [first(), new World()]
    for (const step of history) {
      act(model, world, step)
      const against = destructionGuards(world.facts(model)).filter(({ holds }) => !holds)
      const allowed = allows(model)
      tally.asked += 1
      if (allowed) tally.allowed += 1
      if (allowed === (against.length === 0)) continue
      const says = against.map(({ guard, reason }) => `${guard}: ${reason ?? ''}`).join('; ') || 'allowed'
      throw new Error(`the model ${allowed ? 'allows' : 'refuses'} it, the guards say: ${says}`)
    }
  })
  fc.assert(property, { numRuns: Math.ceil(steps / length), ...(seed === undefined ? {} : { seed }) })
  return tally
}
