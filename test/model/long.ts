import { removeFolders } from '../../packages/dossier/test/support.ts'
import { runModel } from './run.ts'

/* The long run: `node test/model/long.ts [steps]`, a million by default. */

const { asked, allowed } = runModel(Number(process.argv[2] ?? 1_000_000))
console.log(
  `${asked} steps: the guards agreed with the model after each; destruction was allowed after ${allowed}`,
)
await removeFolders()
