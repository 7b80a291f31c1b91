import { expect, it } from 'vitest'
import { randomOf } from '../../cli/src/demo/random.ts'
import { killExports } from '../crash/killed-exports.ts'

it('makes the same package whenever it is killed, and does nothing finished twice', async () => {
  const tally = await killExports(25, randomOf(1), () => {})
  expect(tally.kills).toBeGreaterThanOrEqual(25)
  expect(tally.packages).toBeGreaterThan(0)
  expect(tally.reused).toBeGreaterThan(0)
  expect(tally.untouched).toBeGreaterThan(0)
})
