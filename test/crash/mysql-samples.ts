import { startMariadb } from '../services/mariadb.ts'
import { carrySamples, mysqlSamples } from '../support/mysql-samples.ts'

/*
 * Every database of mysql-samples and mariadb-torture through sealed packages, a hundred at a time: what came back
 * equal, by `restore` and by the mariadb client alone, and what did not. From the first on, or the number given.
 */

const batch = 100
const samples = mysqlSamples()
const counts = { databases: 0, equal: 0, equalByHand: 0, sameDump: 0, withLosses: 0 }
for (let i = Number(process.argv[2] ?? '0'); i < samples.length; i += batch) {
  await using source = await startMariadb(['--event-scheduler=OFF'])
  await using target = await startMariadb(['--event-scheduler=OFF'])
  for (const one of await carrySamples(samples.slice(i, i + batch), source, target)) {
    counts.databases++
    if (one.restored === '') counts.equal++
    if (one.byHand === '') counts.equalByHand++
    if (one.sameDump) counts.sameDump++
    if (one.losses.length > 0) counts.withLosses++
    for (const loss of one.losses) console.log(`${one.database}: lost ${loss}`)
    if (one.restored) console.log(`${one.database}: DIFFERENT ${one.restored}`)
    if (one.byHand) console.log(`${one.database}: DIFFERENT by hand ${one.byHand}`)
    if (!one.sameDump) console.log(`${one.database}: mariadb-dump says something else of the copy`)
  }
  console.log(JSON.stringify(counts))
}
process.exitCode = counts.equal === counts.databases && counts.equalByHand === counts.databases ? 0 : 1
