import { randomOf } from '../../cli/src/demo/random.ts'
import { killExports } from './killed-exports.ts'

// `pnpm crash [<kills> [<seed>]]`: the long form of test/e2e/run-crash.test.ts.
const [kills = '200', seed = String(Date.now() % 1e9)] = process.argv.slice(2)
process.stdout.write(`${kills} kills, seed ${seed}\n`)
const tally = await killExports(Number(kills), randomOf(Number(seed)), (line) =>
  process.stdout.write(`${line}\n`),
)
process.stdout.write(`${JSON.stringify(tally)}\n`)
