import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { bagOf } from './bag.ts'
import { exported, knownOf, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()

describe.runIf(present)('routines', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('of two kinds and one name come back, both of them', async () => {
    await run(source, 'CREATE DATABASE twice')
    await run(
      source,
      'CREATE FUNCTION age() RETURNS INT NO SQL RETURN 1; CREATE PROCEDURE age() SELECT 1; CREATE PROCEDURE `AGE 2`() DO 1',
      'twice',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'twice'))
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    await using bag = await bagOf(carried)
    await run(target, 'CREATE DATABASE byhand')
    bag.load(target, 'byhand')
    const same = mysqlConnector.compare(specOf(target, 'byhand'), streamOf(knownOf(carried)), signal)
    expect(await Array.fromAsync(same)).toEqual([])
  })

  it('made under a collation of UTF-16 come back, and what is made after them', async () => {
    await run(source, 'CREATE DATABASE wide')
    await run(
      source,
      "SET collation_connection=utf16_general_ci; CREATE FUNCTION f() RETURNS VARCHAR(9) NO SQL RETURN 'é'; CREATE VIEW v AS SELECT f() AS x, 'é' AS y",
      'wide',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'wide'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'wide'), carried)).toEqual([])
  })
})
