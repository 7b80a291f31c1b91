import { expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../services/mariadb.ts'
import { carrySamples, mysqlSamples } from '../support/mysql-samples.ts'
import { available } from '../support/programs.ts'
import { haveShared } from '../support/shared-data.ts'

const present =
  available(hasMariadb(), 'mariadbd not found') && haveShared('mariadb-torture', 'mysql-samples')

// `node test/crash/mysql-samples.ts` takes all 613.
it.runIf(present)(
  'some of the databases of others come back equal, by restore and by the mariadb client alone',
  async () => {
    await using source = await startMariadb(['--event-scheduler=OFF'])
    await using target = await startMariadb(['--event-scheduler=OFF'])
    const some = mysqlSamples().filter((_, i) => i < 2 || i % 50 === 7)
    const carried = await carrySamples(some, source, target)
    expect(carried.length).toBeGreaterThan(10)
    for (const one of carried) expect(one).toMatchObject({ losses: [], restored: '', byHand: '' })
  },
)
