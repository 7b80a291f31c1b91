import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('what runs as an account of the application', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('is rebuilt where that account is not: views over views, in whatever order their names are', async () => {
    await run(source, "CREATE DATABASE layered; CREATE USER app@'10.%'; GRANT ALL ON layered.* TO app@'10.%'")
    await run(
      source,
      `CREATE TABLE t(a INT, c TEXT, FULLTEXT(c)); CREATE DEFINER=app@'10.%' VIEW m AS SELECT a FROM t; CREATE VIEW z AS SELECT a FROM m;
       CREATE VIEW b AS SELECT a FROM z; CREATE DEFINER=app@'10.%' VIEW y AS SELECT * FROM t; CREATE VIEW a_checked AS SELECT * FROM y WITH CHECK OPTION;
       CREATE VIEW a_found AS SELECT * FROM a_checked WHERE MATCH(c) AGAINST ('x'); CREATE VIEW x AS SELECT a FROM a_found`,
      'layered',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'layered'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
    await run(source, "DROP USER app@'10.%'")
    const without = await exported(mysqlConnector, specOf(source, 'layered'))
    expect(without.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'gone'), without)).toEqual([])
  })

  it('is rebuilt where that account is not, or is only being made: functions that views call', async () => {
    await run(source, "CREATE DATABASE called; CREATE USER app@'10.%'; GRANT ALL ON called.* TO app@'10.%'")
    await run(
      source,
      "CREATE DEFINER=app@'10.%' FUNCTION f(a INT) RETURNS INT NO SQL RETURN a; CREATE DEFINER=app@'10.%' VIEW v AS SELECT f(1) AS x; CREATE VIEW u AS SELECT x FROM v",
      'called',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'called'))
    expect(carried.losses).toEqual([])
    const detail = expect.stringContaining('does not exist (1449)') as string
    const unusable = ['u', 'v'].map((name) => ({ item: `view/${name}`, change: 'changed', detail }))
    expect(await restored(mysqlConnector, specOf(target, 'none'), carried)).toEqual(unusable)
    const spec = specOf(target, 'accounts')
    const asking = { ...spec, url: `${spec.url}?accounts=restore` }
    expect(await restored(mysqlConnector, asking, carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'granted', '--accounts')).toEqual([])
    expect(await run(target, 'SELECT x FROM granted.u')).toEqual([[1]])
  })

  it('is rebuilt where that account has no name', async () => {
    await run(source, "CREATE DATABASE nobodys; CREATE USER ''@'10.%'; CREATE TABLE nobodys.t(a INT)")
    await run(
      source,
      "GRANT SELECT ON t TO ''@'10.%'; CREATE DEFINER=''@'10.%' VIEW v AS SELECT a FROM t",
      'nobodys',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'nobodys'))
    expect(await restored(mysqlConnector, specOf(target, 'nobodys'), carried)).toEqual([])
    const spec = specOf(target, 'somebodys')
    const asking = { ...spec, url: `${spec.url}?accounts=restore` }
    expect(await restored(mysqlConnector, asking, carried)).toEqual([])
  })
})
