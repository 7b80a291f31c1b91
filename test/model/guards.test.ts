import { afterAll, describe, expect, it } from 'vitest'
import { removeFolders } from '../../packages/dossier/test/support.ts'
import { runModel } from './run.ts'

afterAll(removeFolders)

describe('the guards against an independent model', () => {
  it('never allow what it refuses nor refuse what it allows, over 100 000 steps of honest and dishonest actors', () => {
    const { asked, allowed } = runModel(100_000)
    expect(asked).toBeGreaterThanOrEqual(100_000)
    // Chance must come to both answers often, or agreeing would mean nothing.
    expect(allowed).toBeGreaterThan(asked / 100)
  })
})
