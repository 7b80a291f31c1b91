import type { Difference } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { bagOf } from './bag.ts'
import { type Carried, exported, knownOf, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()

describe.runIf(present)('what runs as an account of the application', () => {
  let source: SqlServer
  let target: SqlServer
  const byClient = async (carried: Carried, database: string): Promise<Difference[]> => {
    await using bag = await bagOf(carried)
    await run(target, `CREATE DATABASE ${database}`)
    bag.load(target, database)
    const spec = specOf(target, database)
    return await Array.fromAsync(mysqlConnector.compare(spec, streamOf(knownOf(carried)), signal))
  }

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('is rebuilt where that account is not: views over views, in whatever order their names are', async () => {
    await run(source, "CREATE DATABASE layered; CREATE USER app@'10.%'; GRANT ALL ON layered.* TO app@'10.%'")
    await run(
      source,
      `CREATE TABLE t(a INT, c TEXT, FULLTEXT(c)); CREATE DEFINER=app@'10.%' VIEW m AS SELECT a FROM t; CREATE VIEW z AS SELECT a FROM m;
       CREATE VIEW b AS SELECT a FROM z; CREATE VIEW y AS SELECT * FROM t; CREATE VIEW a_checked AS SELECT * FROM y WITH CHECK OPTION;
       CREATE VIEW a_found AS SELECT * FROM a_checked WHERE MATCH(c) AGAINST ('x'); CREATE VIEW x AS SELECT a FROM a_found`,
      'layered',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'layered'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await byClient(carried, 'byhand')).toEqual([])
    await run(source, "DROP USER app@'10.%'")
    const without = await exported(mysqlConnector, specOf(source, 'layered'))
    expect(without.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'gone'), without)).toEqual([])
  })
})
